/** A build of the project's default branch sets the environments of its manifest. */

import { StaitheError } from '../../error.ts';
import { ulidOf } from '../../id.ts';
import type { Manifest } from '../../manifest/schema.ts';
import type { Ports } from '../../ports/index.ts';
import { byIds } from '../../project/find.ts';
import { branchOf } from '../model/branch.ts';
import type { Build } from '../model/build.ts';
import { manifestFailure } from '../model/plan-failure.ts';
import type { Run } from '../model/run.ts';
import { applyManifest } from './apply-manifest.ts';

/**
 * Only of the project's own code, and only for who could set them by a request: otherwise a build that names the branch would
 * be a way around that. Only by the run that the build begins with, as who reruns it needs no such right.
 * @throws PlanFailure
 */
export async function setEnvironments(
  ports: Pick<Ports, 'table' | 'clock' | 'runtimes' | 'runsProcesses'>,
  { build, run }: { readonly build: Build; readonly run: Pick<Run, 'id'> },
  { environments = {} }: Manifest,
): Promise<void> {
  const branch = branchOf(build.git_ref);
  if (branch === undefined || build.trust === 'fork' || build.may_set_environments !== true) return;
  if (ulidOf(run.id) !== ulidOf(build.id)) return;
  const [project] = await byIds(ports.table, [build.project_id]);
  if (project?.default_branch !== branch) return;
  await applyManifest(ports, project, environments, build, (name, error) => {
    if (!(error instanceof StaitheError) || error.code === 'busy') throw error;
    const field = error.fields?.[0]?.field;
    const path = `environments.${name}${field === undefined ? '' : `.${field}`}`;
    throw manifestFailure(`${path}: ${error.message}`, error.remedy);
  });
}
