/** From a build and its manifest to the cells that become jobs: services times the axes of their matrices. Pure. */

import type { Manifest } from '../../manifest/schema.ts';
import type { Service } from '../../manifest/service.ts';
import { cellName, type MatrixCell } from '../../matrix.ts';
import type { Build } from '../model/build.ts';
import { manifestFailure } from '../model/plan-failure.ts';

/** 256: a run's jobs are the items of one Map state, whose input has 256 KiB (docs: Step Functions quotas). */
export const MAX_JOBS = 256;

/** One service in one combination of its axes' values. */
export interface Cell {
  readonly service: string;
  readonly spec: Service;
  readonly matrix: MatrixCell;
  /** `api`, or `api (erlang=25, mode=release)`: unique within the run. */
  readonly name: string;
}

/** The cells in order of service and axes. @throws PlanFailure manifest_error */
export function expand(build: Pick<Build, 'services' | 'matrix'>, manifest: Manifest): Cell[] {
  const chosen = servicesOf(build, manifest);
  const cells = chosen.flatMap(([service, spec]) => {
    const axes = axesOf(spec, build.matrix ?? {}, chosen);
    return combinations(axes).map((matrix) => ({ service, spec, matrix, name: cellName(service, matrix) }));
  });
  if (cells.length > MAX_JOBS)
    throw manifestFailure(
      `The services and their matrices make ${cells.length} jobs; a run may have ${MAX_JOBS}.`,
      'Build fewer services at once (--service), or use fewer values (--matrix).',
    );
  return cells;
}

function servicesOf(build: Pick<Build, 'services'>, manifest: Manifest): [string, Service][] {
  const unknown = (build.services ?? []).filter((name) => !Object.hasOwn(manifest.services, name));
  if (unknown.length > 0)
    throw manifestFailure(
      `The manifest has no service ${unknown.map((name) => `'${name}'`).join(', ')}; it has ${Object.keys(manifest.services).join(', ')}.`,
      'Name services of the manifest.',
    );
  return Object.entries(manifest.services)
    .filter(([name]) => build.services === undefined || build.services.includes(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

type Axes = Readonly<Record<string, readonly string[]>>;

/** The build's values stand in place of the manifest's. An axis that no chosen service has is one of all of them. */
function axesOf(spec: Service, asked: Axes, chosen: readonly [string, Service][]): Axes {
  const known = (axis: string) => chosen.some(([, other]) => Object.hasOwn(other.matrix, axis));
  const added = Object.entries(asked).filter(([axis]) => Object.hasOwn(spec.matrix, axis) || !known(axis));
  return { ...spec.matrix, ...Object.fromEntries(added) };
}

function combinations(axes: Axes): Record<string, string>[] {
  return Object.keys(axes)
    .sort()
    .reduce<Record<string, string>[]>(
      (cells, axis) =>
        cells.flatMap((cell) => (axes[axis] ?? []).map((value) => ({ ...cell, [axis]: value }))),
      [{}],
    );
}
