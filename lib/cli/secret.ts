/** `staithe secret`. */
import { buffer } from 'node:stream/consumers';
import type { Secret, SecretRead } from './api/resources.ts';
import { type CommandGroup, command } from './command/command.ts';
import { listCommand } from './command/list.ts';
import { flag, projectOption } from './command/option.ts';
import { usageFailure } from './failure/failure.ts';
import { moment } from './terminal/format.ts';
import { confirm, readSecret } from './terminal/prompt.ts';
import { fields } from './terminal/table.ts';

/**
 * The rule of the API (lib/domain/manifest/values.ts). Checked here too: the name is part of the URL, and a secret typed in
 * its place must not be sent there.
 */
const NAME = /^[A-Z][A-Z0-9_]{0,63}$/;
/** Shorter values are not masked: most lines of a log contain them (lib/domain/mask/secret-forms.ts). */
const LEAST_MASKED_BYTES = 4;

const args = { name: 'Name of the secret' };

function secretText(secret: Secret): string {
  return fields([
    ['secret', secret.name],
    ['versions', secret.versions],
    ['created', `${moment(secret.created_at)} by ${secret.created_by}`],
    ['updated', `${moment(secret.updated_at)} by ${secret.updated_by}`],
    [
      'last read',
      secret.last_read_at === undefined
        ? 'never'
        : `${moment(secret.last_read_at)} by ${secret.last_read_by ?? '-'}`,
    ],
  ]);
}

/** Reads the value from the terminal without echo, or from stdin. @throws Failure usage: empty, or not UTF-8 */
async function readValue(name: string): Promise<string> {
  const value = process.stdin.isTTY
    ? await readSecret(`Value of ${name} (hidden): `)
    : withoutLastNewline(decodeUtf8(await buffer(process.stdin)));
  if (value === '')
    throw usageFailure(
      'The value is empty.',
      `Type it at the prompt, or pipe it: … | staithe secret set ${name}`,
    );
  return value;
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw usageFailure('The value is not UTF-8 text.', 'Encode it: base64 -w0 < file | staithe secret set …');
  }
}

/** Drops the newline that `echo` adds to a single line. A value of several lines is a file and is kept to the byte. */
function withoutLastNewline(text: string): string {
  const line = text.replace(/\r?\n$/, '');
  return line.includes('\n') ? text : line;
}

const set = command({
  name: 'set',
  summary: 'Create a secret of a project, or change its value',
  details:
    'Prompts for the value without echo, or reads it from stdin; the newline after a single line is removed. Only builds ' +
    'of services that list the secret in staithe.yaml can read the value.',
  args: { name: 'Name of the secret, an environment variable of commands: A-Z, 0-9 and _' },
  options: { project: projectOption },
  onExcess: [
    'The value of a secret cannot be an argument: it would stay in the shell history and in the process list.',
    'Enter it at the prompt, or send it on stdin: staithe secret set NAME < file. Replace the value that was typed here: it is exposed.',
  ],
  examples: [
    'staithe secret set NPM_TOKEN --project hello',
    'staithe secret set SIGNING_KEY --project hello < key.pem',
  ],
  calls: ['putSecret'],
  async run({ args, options }, { api }) {
    if (args.name.includes('='))
      throw usageFailure(
        'The value of a secret cannot be an argument, not even as NAME=value.',
        'Enter only the name, and the value at the prompt. Replace the value that was typed here: it is exposed.',
      );
    if (!NAME.test(args.name))
      throw usageFailure(
        'The name of the secret is not valid.',
        'Use 1 to 64 characters of A-Z, 0-9 and _, starting with a letter, such as NPM_TOKEN.',
      );
    const value = await readValue(args.name);
    const params = { project: options.project, name: args.name };
    const secret = await api.call('putSecret', { params, body: { value } });
    const isShort = Buffer.byteLength(value) < LEAST_MASKED_BYTES;
    return {
      json: secret,
      text: secretText(secret),
      notes: [
        ...(isShort
          ? [`warning: values shorter than ${LEAST_MASKED_BYTES} bytes are not masked in logs`]
          : []),
        `next: list it in staithe.yaml: secrets: [${secret.name}]`,
      ],
    };
  },
});

const list = listCommand({
  summary: 'List the secrets of a project, without their values',
  options: { project: projectOption },
  examples: ['staithe secret list --project hello'],
  calls: ['listSecrets'],
  columns: [
    { title: 'name', value: (secret: Secret) => secret.name },
    { title: 'versions', value: (secret) => secret.versions },
    { title: 'updated', value: (secret) => moment(secret.updated_at) },
    { title: 'by', value: (secret) => secret.updated_by },
    { title: 'last read', value: (secret) => secret.last_read_at && moment(secret.last_read_at) },
  ],
  readPage: ({ options }, api, query) =>
    api.call('listSecrets', { params: { project: options.project }, query }),
  nextWhenEmpty: ({ options }) => `staithe secret set NPM_TOKEN --project ${options.project}`,
});

const show = command({
  name: 'show',
  summary: 'Show a secret, without its value',
  args,
  options: { project: projectOption },
  examples: ['staithe secret show NPM_TOKEN --project hello'],
  calls: ['getSecret'],
  async run({ args, options }, { api }) {
    const secret = await api.call('getSecret', { params: { project: options.project, name: args.name } });
    return { json: secret, text: secretText(secret) };
  },
});

const reads = listCommand({
  name: 'reads',
  summary: 'List the jobs that read a secret in the last 90 days, newest first',
  args,
  options: { project: projectOption },
  examples: ['staithe secret reads NPM_TOKEN --project hello'],
  calls: ['listSecretReads'],
  columns: [
    { title: 'at', value: (read: SecretRead) => moment(read.at) },
    { title: 'job', value: (read) => read.job_id },
    { title: 'run', value: (read) => read.run_id },
    { title: 'service', value: (read) => read.service },
    { title: 'branch', value: (read) => read.branch },
  ],
  readPage: ({ args, options }, api, query) =>
    api.call('listSecretReads', { params: { project: options.project, name: args.name }, query }),
  nextWhenEmpty: ({ args, options }) => `staithe secret show ${args.name} --project ${options.project}`,
});

const remove = command({
  name: 'delete',
  summary: 'Delete a secret; builds can no longer read it',
  details:
    'Asks for confirmation. For 7 days the operator of the AWS account can restore the value ' +
    '(aws secretsmanager restore-secret); Staithe cannot.',
  args,
  options: { project: projectOption, yes: flag('--yes', 'Skip the confirmation') },
  examples: ['staithe secret delete NPM_TOKEN --project hello --yes'],
  calls: ['deleteSecret'],
  async run({ args, options }, { api }) {
    if (!options.yes) await confirm(`Deleting secret ${args.name}`, args.name);
    await api.call('deleteSecret', { params: { project: options.project, name: args.name } });
    return {
      json: { project: options.project, name: args.name, deleted: true },
      text: `Deleted secret ${args.name}`,
    };
  },
});

export const secret: CommandGroup = { name: 'secret', commands: [set, list, show, reads, remove] };
