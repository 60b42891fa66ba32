/** An image's way to the registry: its tags, and the digest by the registry's own word. */
import { type RegistryToken, tagOfJob } from '../../domain/image/schema.ts';
import { JobFailure } from '../failure.ts';
import { seconds } from '../machine.ts';
import { say } from '../output.ts';
import type { BuiltImage } from './build.ts';
import { withLogin } from './login.ts';
import { isOf, type Manifest } from './manifest.ts';
import { pushFailure, pushToolFailure } from './push-failure.ts';
import { Registry } from './registry.ts';
import { runTool, type ToolWork } from './tool.ts';

/**
 * The tag of a build that has neither a commit nor a version, each cell of a matrix with its own (domain/execution/plan/job-of.ts):
 * it points at the newest image. All others stay with the first that had them.
 */
const isMovable = (tag: string): boolean => tag === 'local' || tag.startsWith('local-');

export interface PushedImage {
  readonly digest: string;
  readonly tags: readonly string[];
}

/** @throws JobFailure auth_error | registry_error */
export async function pushImage(
  work: ToolWork,
  image: BuiltImage,
  token: RegistryToken,
  tags: readonly string[],
): Promise<PushedImage> {
  return withLogin(token, async (login) => {
    const push = new Push(work, image, token, login);
    try {
      return await push.pushTags(tags);
    } catch (error) {
      throw pushFailure(error, token);
    }
  });
}

class Push {
  readonly #work: ToolWork;
  readonly #image: BuiltImage;
  readonly #token: RegistryToken;
  readonly #login: string;
  readonly #registry: Registry;

  constructor(work: ToolWork, image: BuiltImage, token: RegistryToken, login: string) {
    this.#work = work;
    this.#image = image;
    this.#token = token;
    this.#login = login;
    this.#registry = new Registry(token, work.signal);
  }

  /** The bytes go once, with the first tag; to the others the registry is told the same manifest. */
  async pushTags([first = 'local', ...others]: readonly string[]): Promise<PushedImage> {
    const jobTag = tagOfJob(this.#work.claimed.job.id);
    const began = performance.now();
    const underFirst = await this.#pushFirst(first);
    const manifest = underFirst ?? (await this.#pushUnderJobTag(jobTag));
    const tags = [underFirst === undefined ? jobTag : first];
    for (const tag of others) if (await this.#addTag(tag, manifest)) tags.push(tag);
    const took = seconds(performance.now() - began);
    say(`    pushed in ${took}: ${this.#token.registry}/${this.#token.repository}@${manifest.digest}`);
    return { digest: manifest.digest, tags };
  }

  /** @returns undefined when the tag belongs to another image */
  async #pushFirst(tag: string): Promise<Manifest | undefined> {
    const present = await this.#registry.manifest(tag);
    if (present !== undefined && isOf(present, this.#image.id)) {
      say(`    ${tag}: the registry has this image already`);
      return present;
    }
    if (present !== undefined && !isMovable(tag)) return this.#reportTaken(tag, present);
    const failure = await this.#push(tag);
    const now = await this.#registry.manifest(tag);
    if (now !== undefined && isOf(now, this.#image.id)) return now;
    // Another job came first; or the registry moves no tag at all.
    if (now !== undefined) return this.#reportTaken(tag, now);
    throw failure ?? this.#missingTag(tag);
  }

  #reportTaken(tag: string, { digest }: Manifest): undefined {
    say(`    ${tag} stays with the first image (${digest}); this image gets a separate tag`);
  }

  /** Under a tag that no other image has. */
  async #pushUnderJobTag(tag: string): Promise<Manifest> {
    const failure = await this.#push(tag);
    const now = await this.#registry.manifest(tag);
    if (failure !== undefined && (now === undefined || !isOf(now, this.#image.id))) throw failure;
    if (now === undefined) throw this.#missingTag(tag);
    return now;
  }

  async #addTag(tag: string, manifest: Manifest): Promise<boolean> {
    const present = await this.#registry.manifest(tag);
    if (present?.digest === manifest.digest) return true;
    const moved = (present === undefined || isMovable(tag)) && (await this.#registry.tag(tag, manifest));
    if (!moved) say(`    ${tag} stays with the image that had it first`);
    return moved;
  }

  /** @returns what went wrong, when the registry would let the job push @throws RegistryProblem when it would not */
  async #push(tag: string): Promise<JobFailure | undefined> {
    const { registry, repository, insecure } = this.#token;
    const { builder, localName } = this.#image;
    const ref = `${registry}/${repository}:${tag}`;
    const { steps, after } = builder.push({ localName, ref, login: this.#login, insecure });
    try {
      for (const step of steps) {
        const end = await runTool(this.#work, this.#image.builder, step);
        if (end.exitCode === 0) continue;
        await this.#registry.assertPushable();
        return pushToolFailure(end, ref);
      }
      return undefined;
    } finally {
      for (const step of after) await runTool(this.#work, this.#image.builder, step, { quiet: true });
    }
  }

  #missingTag(tag: string): JobFailure {
    const { registry, repository } = this.#token;
    return new JobFailure({
      code: 'registry_error',
      message: `${registry} accepted the image of ${repository}, but does not have the tag ${tag}.`,
      hint: "Rerun the build. If it keeps happening, check the registry's log.",
      step: 'push image',
    });
  }
}
