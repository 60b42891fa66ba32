/** `staithe mail`: what a local installation has sent by e-mail. It is read from the state folder, which AWS has none of. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { command } from './command/command.ts';
import { text } from './command/option.ts';
import { findConnectionFile } from './connection/local-server.ts';
import { usageFailure } from './failure/failure.ts';
import { defaultStateFolder } from './paths/program.ts';
import { clean } from './terminal/clean.ts';
import { moment } from './terminal/format.ts';
import { fields, table } from './terminal/table.ts';

interface Message {
  /** The name of its file, without `.eml`. */
  readonly id: string;
  readonly at: string;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export const mail = command({
  name: 'mail',
  summary: 'Show e-mail that a local server has sent',
  details:
    'The embedded cloud delivers no e-mail: it stores each message as a file. This command lists them, newest first, or ' +
    'shows one of them. It reads the state folder of the server on this machine: --state, or STAITHE_STATE, or the ' +
    'folder that `staithe start` uses. An installation in AWS sends e-mail with SES and stores none.',
  args: { message: 'Message id; without it, all messages are listed' },
  optionalArgs: ['message'],
  options: { state: text('--state <folder>', 'State folder of the local server') },
  examples: ['staithe mail', 'staithe mail 2026-11-21T09-30-00-000Z-5f3a8c-000000'],
  calls: [],
  async run({ args, options }) {
    const state = stateFolder(options.state);
    const messages = readMessages(state);
    if (args.message !== '') {
      const found = messages.find(({ id }) => id === args.message);
      if (found === undefined)
        throw usageFailure(`Message '${args.message}' was not found in ${state}.`, 'List all: staithe mail');
      return { json: found, text: messageText(found) };
    }
    const listed = table(messages, [
      { title: 'id', value: (message) => message.id },
      { title: 'sent', value: (message) => moment(message.at) },
      { title: 'to', value: (message) => message.to },
      { title: 'subject', value: (message) => message.subject },
    ]);
    const notes =
      messages.length === 0
        ? [
            'No e-mail was sent.',
            'next: staithe subscription create --name <name> --event "*" --email <address>',
          ]
        : ['next: staithe mail <id>'];
    return { json: { items: messages }, text: messages.length === 0 ? '' : listed, notes };
  },
});

function messageText(message: Message): string {
  const head = fields([
    ['from', message.from],
    ['to', message.to],
    ['sent', moment(message.at)],
    ['subject', message.subject],
  ]);
  const lines = message.text.split('\n').map((line) => clean(line));
  return `${head}\n\n${lines.join('\n').trimEnd()}`;
}

function stateFolder(named: string | undefined): string {
  const specified = named ?? (process.env.STAITHE_STATE || undefined);
  if (specified !== undefined) return resolve(specified);
  const fallback = defaultStateFolder(process.env);
  const running = findConnectionFile(process.cwd(), fallback);
  return running === undefined ? fallback : dirname(running.path);
}

/** Newest first. @throws Failure usage: no such folder */
function readMessages(state: string): Message[] {
  const folder = join(state, 'cloud', 'ses', 'mailbox');
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.eml'));
    return names
      .sort()
      .reverse()
      .map((name) => messageIn(name.slice(0, -'.eml'.length), readFileSync(join(folder, name), 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw usageFailure(
        `No local server has stored its state in '${state}'. E-mail of an installation in AWS is sent with SES.`,
        'Start a server with `staithe start`, or specify its state folder with --state <folder>.',
      );
    throw error;
  }
}

/** Of a message as the embedded cloud writes it: unfolded headers, and one part of text. */
function messageIn(id: string, source: string): Message {
  const [head = '', ...rest] = source.split('\r\n\r\n');
  const unfolded = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const header = (name: string): string =>
    unfolded.find((line) => line.toLowerCase().startsWith(`${name}: `))?.slice(name.length + 2) ?? '';
  const body = rest.join('\r\n\r\n');
  const isEncoded = header('content-transfer-encoding') === 'base64';
  const date = new Date(header('date'));
  return {
    id,
    at: Number.isNaN(date.getTime()) ? '' : date.toISOString(),
    from: header('from'),
    to: header('to'),
    subject: decodedWords(header('subject')),
    text: (isEncoded ? Buffer.from(body, 'base64').toString() : body).replace(/\r\n/g, '\n'),
  };
}

/** Blanks between encoded words are none (RFC 2047, section 6.2). */
const decodedWords = (value: string): string =>
  value
    .replace(/(\?=) +(?==\?)/g, '$1')
    .replace(/=\?UTF-8\?B\?([A-Za-z0-9+/=]*)\?=/gi, (_, encoded: string) =>
      Buffer.from(encoded, 'base64').toString(),
    );
