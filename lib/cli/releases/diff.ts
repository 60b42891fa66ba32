/** `staithe release diff`. */
import { cellName } from '../../domain/matrix.ts';
import type { ReleaseDiff } from '../api/resources.ts';
import { command } from '../command/command.ts';
import { projectOption } from '../command/option.ts';
import { clean } from '../terminal/clean.ts';
import { bytes } from '../terminal/format.ts';
import { bad, bold, good } from '../terminal/style.ts';
import { fields } from '../terminal/table.ts';

type Side = ReleaseDiff['from'];
type Artifact = ReleaseDiff['artifacts']['added'][number];

const nameOf = ({ id, version, tag }: Side): string => version ?? tag ?? id;

/** Abbreviated as in lists. */
const short = (digest: string): string => digest.slice(0, 'sha256:'.length + 12);
const labelOf = ({ service, matrix = {}, name }: Pick<Artifact, 'service' | 'matrix' | 'name'>): string =>
  clean(`${cellName(service, matrix)} ${name}`);
const added = (line: string): string => good(`+ ${line}`);
const removed = (line: string): string => bad(`- ${line}`);

function grown(from: number, to: number): string {
  if (from === to) return 'same size';
  return `${bytes(Math.abs(to - from))} ${to > from ? 'larger' : 'smaller'}`;
}

function artifactLines({ artifacts }: ReleaseDiff): string[] {
  const whole = (artifact: Artifact): string =>
    `${labelOf(artifact)}  ${bytes(artifact.size_bytes)}  ${short(artifact.digest)}`;
  return [
    ...artifacts.added.map((artifact) => added(whole(artifact))),
    ...artifacts.removed.map((artifact) => removed(whole(artifact))),
    ...artifacts.changed.map(
      ({ from, to, ...artifact }) =>
        `~ ${labelOf(artifact)}  ${short(from.digest)} → ${short(to.digest)}, ${grown(from.size_bytes, to.size_bytes)}`,
    ),
    ...(artifacts.unchanged.length > 0 ? [`  ${artifacts.unchanged.length} unchanged`] : []),
  ];
}

function manifestLines({ manifest: { is_same, changes } }: ReleaseDiff): string[] {
  if (changes === null)
    return [
      is_same === null ? '  unknown: a release is of no build' : '  different; a manifest is not stored',
    ];
  if (changes.length === 0) return ['  unchanged'];
  return changes.flatMap(({ path, change, from, to }) => {
    const line = (value: unknown) => clean(`${path.join('.')}: ${JSON.stringify(value)}`);
    return [
      ...(change === 'added' ? [] : [removed(line(from))]),
      ...(change === 'removed' ? [] : [added(line(to))]),
    ];
  });
}

function diffText(diff: ReleaseDiff): string {
  const { from, to, commits } = diff;
  const pair = (a: string | undefined, b: string | undefined) =>
    a !== b ? `${a ?? '-'} → ${b ?? '-'}` : a === undefined ? undefined : `${a} (same)`;
  return [
    fields([
      ['release', pair(nameOf(from), nameOf(to))],
      ['git sha', pair(from.git_sha?.slice(0, 12), to.git_sha?.slice(0, 12))],
      ['compare', commits.url],
    ]),
    '',
    bold('artifacts'),
    ...artifactLines(diff),
    '',
    bold('manifest'),
    ...manifestLines(diff),
  ].join('\n');
}

export const diff = command({
  name: 'diff',
  summary: 'Compare two releases: commits, artifacts by digest, and manifests',
  details:
    'A line with + is only in the second release, one with - only in the first, and ~ marks an artifact with other bytes. ' +
    'Artifacts are compared by service, matrix cell and name.',
  args: {
    from: 'Version, tag, latest, range of versions, or release id (rel_…)',
    to: 'The release to compare with it, in the same forms',
  },
  options: { project: projectOption },
  examples: ['staithe release diff 0.1.0 latest --project hello'],
  calls: ['diffReleases'],
  async run({ args, options }, { api }) {
    const params = { project: options.project, release: args.from, other: args.to };
    const found = await api.call('diffReleases', { params });
    return { json: found, text: diffText(found) };
  },
});
