import type { Api } from '../api.ts';
import { command } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { followToResult, stillRunning } from '../follow/run.ts';
import { flag, projectOption, text } from '../option.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { readyArchive, sourceOptions, uploadSource } from '../upload/source.ts';
import { requestOf, requestOptions } from './request.ts';
import { buildText } from './view.ts';

interface SourceChoice {
  readonly project: string;
  readonly source?: string | undefined;
  readonly dir?: string | undefined;
  readonly file?: string | undefined;
  readonly exclude: readonly string[];
}

/** The source that is named, or a new one of what is to be sent. */
async function sourceOf(
  options: SourceChoice,
  api: Api<'createSource'>,
  isLocal: boolean,
  terminal: Terminal,
): Promise<string> {
  const given = [options.dir, options.file, options.source].filter((value) => value !== undefined);
  if (given.length !== 1)
    throw usageFailure(
      given.length === 0 ? 'Nothing says what to build.' : 'Only one thing can be built at a time.',
      'Give one of --dir <folder>, --file <archive> and --source <src_…>.',
    );
  if (options.source !== undefined) return options.source;
  const archive = await readyArchive(options, isLocal, terminal);
  return (await uploadSource(api, terminal, options.project, archive)).id;
}

export const create = command({
  name: 'create',
  summary: 'Build a folder, an archive or a source that was uploaded before',
  details:
    'Sends the source, records the build and starts a run of it. With --follow it stays until the run has ended ' +
    'and fails with exit code 6 when the run does. A tree, manifest and request that were built before are not built ' +
    'again: the run has ended at once with the earlier artifacts, unless --force-rebuild says otherwise.',
  options: {
    project: projectOption,
    ...sourceOptions,
    source: text('--source <source>', 'build this source (src_…)'),
    ...requestOptions,
    start: flag('--no-start', 'record the build and start nothing'),
    follow: flag('--follow', 'stay until the run has ended'),
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
      throw usageFailure('--no-start leaves nothing to --follow.', 'Give one of them.');
    const source_id = await sourceOf(options, api, connection().local, terminal);
    const build = await api.call('createBuild', {
      params: { project: options.project },
      body: { source_id, start: options.start, ...requestOf(options) },
    });
    const run = build.latest_run;
    if (run === null)
      return { json: build, text: buildText(build), notes: [`next: staithe build run ${build.id} --follow`] };
    if (!options.follow) return { json: build, text: buildText(build), notes: stillRunning(run) };
    if (terminal.json) terminal.event({ event: 'build', build });
    else terminal.note(`build ${build.id}, run ${run.id}`);
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
