/** What a deployment takes to its target: one artifact by digest, and the configuration that the environment has just now. */
import type { Actor } from '../access/actor.ts';
import * as Artifact from '../artifact/index.ts';
import type { Artifact as ArtifactValue } from '../artifact/schema.ts';
import { canonicalJson, sha256Of } from '../canonical.ts';
import { CONFIGURATION, type Configuration, configurationOf } from '../environment/configuration.ts';
import type { Environment } from '../environment/schema.ts';
import { StaitheError } from '../error.ts';
import { cellName } from '../matrix.ts';
import type { Ports } from '../ports/index.ts';
import type { ReleaseArtifact, Release as ReleaseValue } from '../release/schema.ts';
import { assertFits } from './fit.ts';
import type { Deployment } from './schema.ts';

export type Snapshot = Configuration &
  Pick<Deployment, 'service' | 'artifact_id' | 'digest' | 'image' | 'subject'>;

type Content = Omit<Snapshot, 'subject'> & Pick<Deployment, 'release_id'>;

/** What an approval is given for: the digest, the configuration and the target. */
export function subjectOf(content: Content): string {
  const { service, digest, target, release_id: release } = content;
  const configuration = Object.fromEntries(CONFIGURATION.map((name) => [name, content[name]]));
  // Commands get the whole release: the digests of all that it has.
  const whole = target.kind === 'command' ? { release } : {};
  return sha256Of(canonicalJson({ service, digest, ...whole, ...configuration }));
}

export function withSubject(content: Content): Snapshot {
  const { release_id: _, ...snapshot } = content;
  return { ...snapshot, subject: subjectOf(content) };
}

/**
 * The release as it would go to this environment now.
 * @param fresh those of its artifacts that are recorded only together with it
 * @throws StaitheError service_unknown | artifact_not_deployable
 */
export async function snapshotOf(
  ports: Pick<Ports, 'table'>,
  actor: Actor,
  release: ReleaseValue,
  environment: Environment,
  fresh: readonly ArtifactValue[] = [],
): Promise<Snapshot> {
  const { service, artifact_id, digest } = chooseArtifact(release, environment);
  const unrecorded = fresh.find(({ id }) => id === artifact_id);
  const artifact = unrecorded ?? (await Artifact.get(ports, actor, artifact_id));
  assertFits(artifact, environment.target);
  const image = artifact.image?.ref;
  return withSubject({
    service,
    artifact_id,
    digest,
    release_id: release.id,
    ...(image !== undefined && { image }),
    ...configurationOf(environment),
  });
}

/** The artifact of the release that goes to this environment. @throws StaitheError */
export function chooseArtifact(release: ReleaseValue, environment: Environment): ReleaseArtifact {
  const names = [...new Set(release.artifacts.map((artifact) => artifact.service))];
  const service = environment.service ?? (names.length === 1 ? names[0] : undefined);
  const found = release.artifacts.filter((artifact) => artifact.service === service);
  if (found.length > 0) return singleArtifact(found, String(service));
  throw new StaitheError(
    'service_unknown',
    service === undefined
      ? `The release has several services (${names.join(', ')}) and environment '${environment.name}' names none.`
      : `The release has no service '${service}'; it has ${names.join(', ')}.`,
    { remedy: `Set the environment's service to one of ${names.join(', ')}.` },
  );
}

/** Of several artifacts the one that is named after the service; a matrix leaves one a cell, and none is so named. */
function singleArtifact(found: readonly ReleaseArtifact[], service: string): ReleaseArtifact {
  const [only] = found;
  const chosen =
    found.length === 1 ? only : found.find(({ name }) => name === `${service}.zip` || name === service);
  if (chosen !== undefined) return chosen;
  const names = found.map(({ name, matrix = {} }) => `${name} of ${cellName(service, matrix)}`).join(', ');
  throw new StaitheError(
    'artifact_not_deployable',
    `The release has ${found.length} artifacts of '${service}' (${names}), and a deployment takes one.`,
    { remedy: `Create a release with one: staithe release create --artifact ${service}=<art_…>.` },
  );
}
