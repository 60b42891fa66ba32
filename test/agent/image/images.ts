/** Agents that build images, a registry that takes them, and the builders of this machine, as far as it has them. */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { has } from 'embedded-cloud/test-kit/tools.ts';
import { MANIFEST_TYPES } from '../../../lib/agent/image/manifest.ts';
import type { ImageSpec } from '../../../lib/domain/execution/model/job.ts';
import type { RegistryToken } from '../../../lib/domain/image/schema.ts';
import { type DistributionRegistry, PASSWORD, startDistribution, USERNAME } from '../../aws/distribution.ts';
import { AgentBench } from '../agent.ts';
import { JOB_ID } from '../claimed-job.ts';
import type { Scene } from '../control-plane.ts';
import { type DockerDaemon, startDocker } from './docker-daemon.ts';
import { imageSource, TWO_STAGES } from './tree.ts';

export const NO_DOCKER = 'unix:///nonexistent/docker.sock';

export const OWN_TAG = JOB_ID.toLowerCase().replace('_', '-');

export const ALWAYS = ['docker-registry', 'busybox'] as const;

export function scene(image: Partial<ImageSpec>, more: Partial<Scene> = {}): Scene {
  const spec = { dockerfile: 'Dockerfile', push: true, tags: ['v1'], build_args: {}, ...image };
  const source = more.source ?? imageSource(TWO_STAGES);
  return { ...more, source, spec: { artifacts: [], ...more.spec, image: spec } };
}

export class Images implements AsyncDisposable {
  readonly agents = new AgentBench();
  registry: DistributionRegistry | undefined;
  docker: DockerDaemon | undefined;
  #repositories = 0;

  /** @param daemon whether a daemon of Docker is started, where there is one */
  static async start(daemon = true): Promise<Images> {
    const images = new Images();
    [images.registry, images.docker] = await Promise.all([
      has('docker-registry') ? startDistribution() : undefined,
      daemon && has('docker') ? startDocker() : undefined,
      images.agents.build(),
    ]);
    return images;
  }

  /** buildah with a store of this test's own. */
  buildahOnly(): Record<string, string> {
    const folder = mkdtempSync(join(this.agents.root, 'containers-'));
    const file = join(folder, 'storage.conf');
    const store = `driver = "vfs"\ngraphroot = "${folder}/root"\nrunroot = "${folder}/run"\n`;
    writeFileSync(file, `[storage]\n${store}`);
    return { DOCKER_HOST: NO_DOCKER, CONTAINERS_STORAGE_CONF: file };
  }

  /** Where images go. Without docker-registry those tests are left that push nothing. */
  registryHost(): string {
    return this.registry?.host ?? '127.0.0.1:1';
  }

  /** A repository that no other test pushes to. */
  newRepository(): string {
    this.#repositories += 1;
    return `acme/web-${this.#repositories}`;
  }

  tokenFor(repository: string, more: Partial<RegistryToken> = {}): RegistryToken {
    return {
      registry: this.registryHost(),
      repository,
      username: USERNAME,
      password: PASSWORD,
      expires_at: '2100-01-01T00:00:00.000Z',
      insecure: true,
      remedy: 'Set the secrets again: staithe secret set REGISTRY_PASSWORD.',
      ...more,
    };
  }

  /** What the registry has under a tag, by its bytes. */
  async digestUnder(repository: string, tag: string): Promise<string | undefined> {
    const authorization = `Basic ${Buffer.from(`${USERNAME}:${PASSWORD}`).toString('base64')}`;
    const url = `http://${this.registryHost()}/v2/${repository}/manifests/${tag}`;
    const answer = await fetch(url, { headers: { authorization, accept: MANIFEST_TYPES } });
    if (answer.status === 404) return undefined;
    const bytes = Buffer.from(await answer.arrayBuffer());
    return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.docker?.[Symbol.asyncDispose]();
    await this.registry?.[Symbol.asyncDispose]();
    this.agents[Symbol.dispose]();
  }
}

export const BUILDERS = [
  // Which of Docker's builders it is, the machine decides.
  {
    name: 'Docker',
    said: /with docker build(x)?: /,
    environment: ({ docker }: Images) => ({ DOCKER_HOST: docker?.host ?? NO_DOCKER }),
    tools: ['docker', ...ALWAYS] as const,
  },
  {
    name: 'buildah',
    said: /with buildah: /,
    environment: (images: Images) => images.buildahOnly(),
    tools: ['buildah', ...ALWAYS] as const,
  },
];

/** Whether a process with just these arguments runs on this machine, in a container or not. */
export function isRunningWith(...args: string[]): boolean {
  return readdirSync('/proc').some((id) => {
    try {
      return readFileSync(`/proc/${id}/cmdline`, 'utf8').endsWith(`${args.join('\0')}\0`);
    } catch {
      return false;
    }
  });
}

/** The names of the entries of a tar. */
export function namesIn(tar: Buffer | undefined): string[] {
  const { stdout } = spawnSync('tar', ['-t'], { input: tar });
  return stdout.toString().split('\n');
}
