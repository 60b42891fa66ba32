/** Artifacts that a release is created from, by their ids. */
import * as Artifact from '../artifact/index.ts';
import type { StoredArtifact } from '../artifact/schema.ts';
import { notFound } from '../error.ts';
import { inOrder } from '../matrix.ts';
import type { Ports } from '../ports/index.ts';
import type { Project } from '../project/schema.ts';
import type { Chosen } from './record.ts';

export function frozen(service: string, artifact: StoredArtifact): Chosen {
  const { id, name, kind, digest, size_bytes, origin, matrix, image } = artifact;
  const cell = Object.keys(matrix).length === 0 ? {} : { matrix };
  return { service, ...cell, name, artifact_id: id, kind, digest, size_bytes, origin, image };
}

/** @param named ids of artifacts by the services that they stand for */
export async function namedArtifacts(
  ports: Pick<Ports, 'table'>,
  project: Project,
  named: Readonly<Record<string, string>>,
): Promise<Chosen[]> {
  const found = await Artifact.byIds(ports, [...new Set(Object.values(named))]);
  const byId = new Map(found.map((artifact) => [artifact.id, artifact]));
  return inOrder(named).map(([service, id]) => {
    const artifact = byId.get(id);
    if (artifact === undefined || artifact.project_id !== project.id) throw notFound('artifact', id);
    return frozen(service, Artifact.assertStored(artifact));
  });
}
