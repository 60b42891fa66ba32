/** A build that left nothing to keep: what was looked for, what is there instead, and what to change. */

/** What one glob looked at. */
export interface LookedAt {
  readonly glob: string;
  /** Files that it matches, wherever they lie below the context; those outside the artifact's `root` do not count. */
  readonly matches: number;
  /** How many of them a later glob with `!` has taken out again. */
  readonly excluded?: number;
  /** The folder where matches could have been, and whether there is one. */
  readonly folder: string;
  readonly exists: boolean;
  /** The nearest folder on the way there that exists, and names in it; folders end in a slash. */
  readonly nearest: string;
  readonly names: readonly string[];
  /** There is such a folder or file at the root of the source, outside the context. */
  readonly atSourceRoot?: boolean;
}

/** One entry of `artifacts` in staithe.yaml. */
export type ArtifactLook =
  | { readonly kind: 'nothing'; readonly root: string; readonly looked: readonly LookedAt[] }
  | { readonly kind: 'packed'; readonly name: string; readonly files: number };

export interface LeftNothing {
  readonly service: string;
  /** The service's folder below the source's root. */
  readonly context: string;
  /** How many commands ran. */
  readonly commands: number;
  readonly artifacts: readonly ArtifactLook[];
}

/** @returns what the job's failure says; it is complete by itself */
export function zeroArtifacts(left: LeftNothing): { code: 'zero_artifacts'; message: string; hint: string } {
  const { service, context, commands, artifacts } = left;
  const where = `in its context '${context}', after ${commands} command${commands === 1 ? '' : 's'}`;
  if (artifacts.length === 0)
    return {
      code: 'zero_artifacts',
      message: `The service ${service} declares no artifacts, so this build leaves nothing to keep.`,
      hint: "List the files that its commands write in staithe.yaml, e.g. `artifacts: 'dist/**'`, or add a `dockerfile` if it is an image.",
    };
  const others = artifacts.flatMap((one) =>
    one.kind === 'packed' ? [`${one.name} was packed (${counted(one.files)})`] : [],
  );
  const looked = artifacts.flatMap((one) =>
    one.kind === 'nothing' ? one.looked.map(inWords(one.root)) : [],
  );
  return {
    code: 'zero_artifacts',
    message: `The build of ${service} left nothing to keep ${where}: ${[...looked, ...others].join('; ')}.`,
    hint: [...suggestions(left), CHANGE].join(' '),
  };
}

const CHANGE =
  "Make a command write these files, or change 'artifacts' in staithe.yaml to match the files that the commands write.";

const counted = (files: number): string => `${files} file${files === 1 ? '' : 's'}`;

const inWords =
  (root: string) =>
  ({ glob, matches, excluded = 0, folder, exists }: LookedAt): string => {
    if (!exists) return `'${glob}' matches no file ('${folder}' does not exist)`;
    if (matches === 0) return `'${glob}' matches no file`;
    if (excluded === matches) return `'${glob}' matches ${counted(matches)}, all excluded by a glob with !`;
    return `'${glob}' matches ${counted(matches)}, none below the root '${root}'`;
  };

function suggestions({ context, artifacts }: LeftNothing): string[] {
  const hints = new Set<string>();
  for (const one of artifacts) {
    if (one.kind === 'packed') continue;
    for (const looked of one.looked) {
      for (const hint of hintsFor(looked, one.root, context)) hints.add(hint);
    }
  }
  // As many as a person reads before going to look.
  return [...hints].slice(0, 6);
}

function hintsFor(looked: LookedAt, root: string, context: string): string[] {
  const { glob, nearest, names } = looked;
  const where = nearest === '.' ? `The service's folder` : `'${nearest}'`;
  const hints = [`${where} has: ${names.join(', ') || 'nothing'}.`];
  if (root !== '.' && !`${glob}/`.startsWith(`${root}/`))
    hints.push(`Paths are relative to the service's context, not to root: did you mean '${root}/${glob}'?`);
  const meant = nearestName(looked);
  if (meant !== undefined) hints.push(`Did you mean '${meant}'?`);
  if (looked.atSourceRoot)
    hints.push(
      `This path exists at the root of the source, but commands and artifacts use the context '${context}'.`,
    );
  return hints;
}

/** Where tools write by default: Vite, webpack, tsc, Next.js, Cargo and Maven, rebar3, CMake. */
const OUTPUT_FOLDERS = [
  'dist',
  'build',
  'out',
  '.next',
  'target',
  '_build',
  'public',
  'output',
  'release',
  'bin',
];

/** The glob with the missing folder replaced by the one that is most likely meant. */
function nearestName({ glob, folder, exists, nearest, names }: LookedAt): string | undefined {
  if (exists) return undefined;
  const missing = (nearest === '.' ? folder : folder.slice(nearest.length + 1)).split('/')[0] ?? '';
  const isFolder = folder !== glob || missing !== folder;
  const candidates = names
    .filter((name) => name.endsWith('/') === (isFolder || name.endsWith('/')))
    .map((name) => name.replace(/\/$/, ''));
  const alike = candidates
    .map((name) => ({ name, distance: editDistance(missing.toLowerCase(), name.toLowerCase()) }))
    .filter(({ distance }) => distance <= (missing.length < 4 ? 1 : 2))
    .sort((a, b) => a.distance - b.distance)[0]?.name;
  const output = OUTPUT_FOLDERS.includes(missing)
    ? OUTPUT_FOLDERS.find((name) => candidates.includes(name))
    : undefined;
  const meant = alike ?? output;
  if (meant === undefined) return undefined;
  const before = nearest === '.' ? '' : `${nearest}/`;
  return `${before}${meant}${glob.replace(/^(?:\.\/)+/, '').slice(before.length + missing.length)}`;
}

/** Levenshtein's, row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [index, char] of [...a].entries()) {
    const next = [index + 1];
    for (const [at, other] of [...b].entries()) {
      const replaced = (row[at] ?? 0) + (char === other ? 0 : 1);
      next.push(Math.min(replaced, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
