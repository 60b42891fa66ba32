/** `staithe manifest`. */
import { yamlOf } from '../domain/manifest/index.ts';
import { manifestJsonSchema } from '../domain/manifest/json-schema.ts';
import { type CommandGroup, command } from './command/command.ts';
import { flag, projectOption, text } from './command/option.ts';
import { FILE, readManifestFile, warningNotes } from './manifests/file.ts';
import { clean } from './terminal/clean.ts';
import { moment } from './terminal/format.ts';
import { fields } from './terminal/table.ts';

const check = command({
  name: 'check',
  summary: 'Validate a manifest without a server',
  details:
    'Prints every error with its line and column, and exits with code 2 if there is one. Warnings do not change the exit code.',
  args: FILE,
  optionalArgs: ['file'],
  examples: ['staithe manifest check', 'staithe manifest check services/staithe.yaml'],
  calls: [],
  async run({ args }, { terminal }) {
    const file = readManifestFile(args.file, terminal.json);
    const { path, manifest, hash, warnings } = file;
    const services = Object.keys(manifest.services);
    return {
      // `doubts` is the former name of `warnings`, for programs that read it.
      json: { file: path, manifest_hash: hash, services, warnings, doubts: warnings },
      text: fields([
        ['manifest', path],
        ['hash', hash],
        ['services', services.join(', ')],
      ]),
      notes: warningNotes(file),
    };
  },
});

const sync = command({
  name: 'sync',
  summary: 'Validate a manifest and store it in a project',
  details:
    'Builds of sources without a staithe.yaml use the manifest that was synced last, or the one with their ' +
    '--manifest-hash.',
  args: FILE,
  optionalArgs: ['file'],
  options: {
    project: projectOption,
    gitSha: text('--git-sha <sha>', 'Commit of the file'),
  },
  examples: [
    'staithe manifest sync --project hello',
    'staithe manifest sync services/staithe.yaml --project hello',
  ],
  calls: ['syncManifest'],
  async run({ args, options }, { api, terminal }) {
    const file = readManifestFile(args.file, terminal.json);
    const synced = await api.call('syncManifest', {
      params: { project: options.project },
      body: {
        manifest: file.text,
        file: file.name,
        ...(options.gitSha !== undefined && { git_sha: options.gitSha }),
      },
    });
    return {
      json: synced,
      text: fields([
        ['project', options.project],
        ['hash', synced.manifest_hash],
        ['services', synced.services.join(', ')],
      ]),
      notes: [
        ...warningNotes(file),
        `next: staithe build create --project ${options.project} --manifest-hash ${synced.manifest_hash} --dir . --follow`,
      ],
    };
  },
});

const show = command({
  name: 'show',
  summary: 'Show the synced manifest of a project',
  details: 'Prints the canonical form: without comments and default values.',
  options: {
    project: projectOption,
    hash: text('--hash <hash>', 'Manifest with this hash (default: the one synced last)'),
  },
  examples: ['staithe manifest show --project hello', 'staithe manifest show --project hello --json'],
  calls: ['getManifest'],
  async run({ options }, { api }) {
    const synced = await api.call('getManifest', {
      params: { project: options.project },
      query: options.hash === undefined ? {} : { hash: options.hash },
    });
    const header = [
      synced.manifest_hash,
      `synced ${moment(synced.synced_at)} by ${synced.synced_by}`,
      ...(synced.git_sha === undefined ? [] : [`commit ${synced.git_sha}`]),
    ];
    return {
      json: synced,
      text: clean(`${header.map((line) => `# ${line}\n`).join('')}${yamlOf(synced.manifest)}`).trimEnd(),
    };
  },
});

const hash = command({
  name: 'hash',
  summary: 'Print the hash of a manifest without a server',
  details:
    'The hash identifies the canonical form: comments, order, formatting and explicit defaults do not change it. It is the ' +
    'value of --manifest-hash.',
  args: FILE,
  optionalArgs: ['file'],
  examples: ['staithe manifest hash', 'staithe manifest hash services/staithe.yaml'],
  calls: [],
  async run({ args }, { terminal }) {
    const { hash: manifestHash } = readManifestFile(args.file, terminal.json);
    return { json: { manifest_hash: manifestHash }, text: manifestHash };
  },
});

const schema = command({
  name: 'schema',
  summary: 'Print the JSON Schema of manifests, for editors',
  details:
    'Editors with the YAML language server complete and document a staithe.yaml that starts with ' +
    '`# yaml-language-server: $schema=<path or URL of the schema>`. A server has the schema at /v1/manifest.schema.json.',
  options: { server: flag('--server', 'Schema of the server instead of this program') },
  examples: ['staithe manifest schema > staithe.schema.json', 'staithe manifest schema --server'],
  calls: ['getManifestSchema'],
  async run({ options }, { api }) {
    const document = options.server ? await api.call('getManifestSchema') : manifestJsonSchema();
    return { json: document, text: JSON.stringify(document, null, 2) };
  },
});

export const manifest: CommandGroup = { name: 'manifest', commands: [check, sync, show, hash, schema] };
