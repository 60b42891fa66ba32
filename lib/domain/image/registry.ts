/** The registry of one job: which it is, where in it the job's image goes, and how it is opened. */
import { StaitheError } from '../error.ts';
import type { JobRecord } from '../execution/model/job-record.ts';
import { readSecrets } from '../execution/secrets.ts';
import type { ExternalRegistry } from '../manifest/schema.ts';
import type { Ports } from '../ports/index.ts';
import type { Registry, RegistryCredential, RepositoryAddress } from '../ports/registry.ts';
import { RegistryError } from '../ports/registry.ts';
import * as Project from '../project/index.ts';
import { externalRepository, nativeName } from './repository.ts';

export type RegistryPorts = Pick<
  Ports,
  'table' | 'registry' | 'externalRegistry' | 'projectSecrets' | 'clock' | 'randomness'
>;

export interface OpenedRegistry {
  readonly address: RepositoryAddress;
  readonly registry: Registry;
  credential(): Promise<RegistryCredential>;
  /** What to do when the registry refuses the credential. */
  readonly remedy: string;
}

/** The control plane's own look at the job's project. */
const SYSTEM = { kind: 'system', name: 'images' } as const;

/** Longer than any job: what a secret of the project opens stays open until somebody changes it. */
const EXTERNAL_CREDENTIAL_HOURS = 9;

/**
 * @throws StaitheError registry_forbidden | registry_misconfigured | registry_credential_missing | registry_unavailable |
 * registry_refused
 */
export async function openRegistry(ports: RegistryPorts, job: JobRecord): Promise<OpenedRegistry> {
  assertMayPush(job);
  const { registry = 'native', image_name: imageName } = job;
  if (registry === 'native' || registry === 'none')
    return openNative(ports, job, nativeName(job.service, imageName));
  return openExternal(ports, job, registry, externalRepository(registry, job.service, imageName));
}

/** @throws StaitheError registry_forbidden */
function assertMayPush(job: JobRecord): void {
  const { image } = job.spec;
  const refused = (message: string, remedy: string) =>
    new StaitheError('registry_forbidden', message, { remedy });
  if (image === null)
    throw refused(
      `${job.service} is no container image, so job ${job.id} gets no registry.`,
      "Name a 'dockerfile' in staithe.yaml to make the service an image.",
    );
  if (job.trust === 'fork')
    throw refused(
      `Job ${job.id} builds a fork's pull request, which may not push images.`,
      'Its image is kept as a file among its artifacts.',
    );
  if (!image.push || job.registry === 'none')
    throw refused(
      `The project keeps its images as files (registry: none).`,
      'Write registry: native in staithe.yaml, or name one of your own.',
    );
}

async function openNative(ports: RegistryPorts, job: JobRecord, service: string): Promise<OpenedRegistry> {
  const { registry } = ports;
  const project = await Project.resolve(ports, SYSTEM, job.project_id);
  const target = { projectId: project.id, projectSlug: project.slug, service };
  const address = await asStaitheError(() => registry.ensureRepository(target));
  return {
    address,
    registry,
    credential: () => asStaitheError(() => registry.token(address.repository)),
    remedy:
      'The credential is valid for this job only, and expires: rerun the build. If it is refused again, contact the operator of this installation.',
  };
}

async function openExternal(
  ports: RegistryPorts,
  job: JobRecord,
  { auth }: ExternalRegistry,
  address: RepositoryAddress,
): Promise<OpenedRegistry> {
  const names = [...new Set([auth.username_secret, auth.token_secret])];
  const [{ secrets, missing }, project] = await Promise.all([
    readSecrets(ports, job, names),
    Project.resolve(ports, SYSTEM, job.project_id),
  ]);
  const setThem = (some: readonly string[]) =>
    some.map((name) => `staithe secret set ${name} --project ${project.slug}`).join('; ');
  if (missing.length > 0)
    throw new StaitheError(
      'registry_credential_missing',
      `The registry ${address.host} needs the ${missing.length === 1 ? 'secret' : 'secrets'} ${missing.join(' and ')}, which the project does not have.`,
      { remedy: `${setThem(missing)}. Then rerun the build.` },
    );
  const username = secrets[auth.username_secret] ?? '';
  const password = secrets[auth.token_secret] ?? '';
  const registry = ports.externalRegistry({
    host: address.host,
    insecure: address.insecure,
    username,
    password,
  });
  const expiresAt = new Date(ports.clock.now().getTime() + EXTERNAL_CREDENTIAL_HOURS * 3600 * 1000);
  return {
    address,
    registry,
    credential: async () => ({ username, password, expiresAt }),
    remedy: `Check that the account may push to ${address.repository}, and set its secrets again: ${setThem(names)}.`,
  };
}

/** @throws StaitheError registry_unavailable | registry_refused */
export async function asStaitheError<Result>(ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    throw new StaitheError(error.temporary ? 'registry_unavailable' : 'registry_refused', error.message);
  }
}
