/** `staithe build create`: uploads a source, records the build and starts its first run. */
import type { Api } from '../api/api.ts';
import { command } from '../command/command.ts';
import { choice, flag, integer, list, pairs, projectOption, text, type ValuesOf } from '../command/option.ts';
import { usageFailure } from '../failure/failure.ts';
import { followToResult, stillRunning } from '../follow/run.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { prepareArchive, sourceOptions, uploadSource } from '../transfer/source.ts';
import { buildText } from './view.ts';

const buildOptions = {
  service: list('--service <name>', 'Build only this service'),
  matrix: pairs(
    '--matrix <axis=values>',
    'Values of a matrix axis, separated by commas; override the manifest',
  ),
  input: pairs('--input <name=value>', 'Input, available to commands as STAITHE_INPUT_<NAME>'),
  feature: list('--feature <name>', 'Feature, available to commands as STAITHE_FEATURE_<NAME>=1'),
  maxParallel: integer('--max-parallel <number>', 'Maximum number of jobs that run at the same time'),
  failFast: choice('--fail-fast <on|off>', 'Whether the first failed job cancels the others', ['on', 'off']),
  timeout: text('--timeout <duration>', 'Timeout of the whole run: 90s, 15m, 2h'),
  forceRebuild: flag('--force-rebuild', 'Build even if the artifacts of an earlier run could be reused'),
  fork: flag('--fork', 'Treat the source as a fork: no secrets, and caches apart from those of the project'),
  manifestHash: text('--manifest-hash <digest>', 'Refuse a manifest with another hash (sha256:…)'),
  gitSha: text('--git-sha <sha>', 'Commit of the source'),
  gitRef: text('--git-ref <ref>', 'Branch or tag of the source'),
};

/** The fields of the request for the options that are present. @throws Failure usage */
function buildBody(options: ValuesOf<typeof buildOptions>) {
  const matrix = Object.entries(options.matrix).map(([axis, values]) => [axis, values.split(',')]);
  return {
    inputs: options.input,
    ...(options.forceRebuild && { force_rebuild: true }),
    ...(options.service.length > 0 && { services: options.service }),
    ...(matrix.length > 0 && { matrix: Object.fromEntries(matrix) as Record<string, string[]> }),
    ...(options.feature.length > 0 && { features: options.feature }),
    ...(options.maxParallel !== undefined && { max_parallel: options.maxParallel }),
    ...(options.failFast !== undefined && { fail_fast: options.failFast === 'on' }),
    ...(options.timeout !== undefined && { timeout_seconds: secondsOf(options.timeout) }),
    ...(options.fork && { trust: 'fork' as const }),
    ...(options.manifestHash !== undefined && { manifest_hash: options.manifestHash }),
    ...(options.gitSha !== undefined && { git_sha: options.gitSha }),
    ...(options.gitRef !== undefined && { git_ref: options.gitRef }),
  };
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600 };

function secondsOf(text: string): number {
  const [, number, unit = ''] = /^(\d{1,6})([smh]?)$/.exec(text) ?? [];
  if (number === undefined)
    throw usageFailure(
      `--timeout '${text}' is not a valid duration.`,
      'Use a duration such as 90s, 15m or 2h.',
    );
  return Number(number) * (UNIT_SECONDS[unit] ?? 1);
}

interface SourceChoice {
  readonly project: string;
  readonly source?: string | undefined;
  readonly dir?: string | undefined;
  readonly file?: string | undefined;
  readonly exclude: readonly string[];
}

/** The id of the specified source, or of a new one from a folder or archive. */
async function sourceId(
  options: SourceChoice,
  api: Api<'createSource'>,
  isLocal: boolean,
  terminal: Terminal,
): Promise<string> {
  const present = [options.dir, options.file, options.source].filter((value) => value !== undefined);
  if (present.length !== 1)
    throw usageFailure(
      present.length === 0 ? 'No source specified.' : 'More than one source specified.',
      'Use one of --dir <folder>, --file <archive> and --source <src_…>.',
    );
  if (options.source !== undefined) return options.source;
  const archive = await prepareArchive(options, isLocal, terminal);
  return (await uploadSource(api, terminal, options.project, archive)).id;
}

export const create = command({
  name: 'create',
  summary: 'Build a folder, an archive or a stored source',
  details:
    'Uploads the source, records the build and starts a run. With --follow the command waits for the end of the run, and ' +
    'exits with code 6 if it does not complete. If an earlier run built the same tree, manifest and request, the new run ' +
    'reuses its artifacts and ends at once, unless --force-rebuild is set.',
  options: {
    project: projectOption,
    ...sourceOptions,
    source: text('--source <source>', 'Build a stored source (src_…)'),
    ...buildOptions,
    start: flag('--no-start', 'Record the build without starting a run'),
    follow: flag('--follow', 'Wait until the run has ended'),
  },
  examples: [
    'staithe build create --project hello --dir . --follow',
    'staithe build create --project hello --file hello.tar.gz --service api --input channel=beta',
    'staithe build create --project hello --dir . --matrix node=22,24 --fail-fast on --timeout 20m',
    'staithe build create --project hello --source src_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --no-start',
  ],
  calls: ['createSource', 'createBuild', 'getRun', 'getBuildLogs', 'listJobs'],
  async run({ options }, { api, terminal, connection }) {
    if (options.follow && !options.start)
      throw usageFailure('--no-start and --follow cannot be combined.', 'Use one of them.');
    const body = buildBody(options);
    const source_id = await sourceId(options, api, connection().local, terminal);
    const build = await api.call('createBuild', {
      params: { project: options.project },
      body: { source_id, start: options.start, ...body },
    });
    const run = build.latest_run;
    if (run === null)
      return { json: build, text: buildText(build), notes: [`next: staithe build run ${build.id} --follow`] };
    if (!options.follow) return { json: build, text: buildText(build), notes: stillRunning(run) };
    if (terminal.json) terminal.event({ event: 'build', build });
    else terminal.note(`Build ${build.id}, run ${run.id}`);
    const ended = await followToResult(api, terminal, run);
    if (terminal.json) return undefined;
    const { items: jobs } = await api.call('listJobs', { params: { run: ended.id } });
    return {
      json: ended,
      text: buildText({ ...build, latest_run: ended }, jobs),
      notes: [
        `next: staithe build artifacts ${build.id}`,
        `      staithe release create --build ${build.id} --version 0.1.0`,
      ],
    };
  },
});
