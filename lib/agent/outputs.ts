/** What the commands of a deployment are told of their release, and what they tell: two files that variables name. */
import { mkdir, open, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Outputs } from '../domain/execution/model/job.ts';
import { JobFailure } from './failure.ts';
import { enter, PERCENT, sayDetail, type Work } from './phase.ts';
import { artifactFile } from './tree.ts';

/** 64 KiB: what outputs may have as JSON (16 KiB), and room for spaces and comments. */
const FILE_MAX_BYTES = 64 * 1024;

const outputsFile = ({ workspace }: Work): string => join(workspace.deployment, 'outputs');

/** Writes the release for the commands of a deployment. @returns their variables; none of a build */
export async function releaseVariables(work: Work): Promise<Record<string, string>> {
  const { release, source } = work.claimed;
  if (release === undefined) return {};
  const { deployment } = work.workspace;
  await mkdir(deployment, { recursive: true });
  const file = join(deployment, 'release.json');
  await Promise.all([
    writeFile(file, `${JSON.stringify(release, undefined, 2)}\n`),
    writeFile(outputsFile(work), ''),
  ]);
  return {
    STAITHE_RELEASE: file,
    STAITHE_OUTPUTS: outputsFile(work),
    ...(source?.name !== undefined && { STAITHE_ARTIFACT: artifactFile(work.workspace, source.name) }),
  };
}

/** @throws JobFailure when the file is none that can be understood */
export async function readOutputs(work: Work): Promise<Outputs> {
  enter(work, 'read outputs', PERCENT.pack);
  const parsed = Outputs.safeParse(await pairsOf(await textOf(outputsFile(work))));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const message = issue?.code === 'invalid_key' ? `its name ${issue.issues[0]?.message}` : issue?.message;
    throw wrong(`${issue?.path.join('.') || 'They'}: ${message}`);
  }
  const names = Object.keys(parsed.data).sort();
  sayDetail(`outputs: ${names.join(', ') || 'none'}`);
  return parsed.data;
}

/** @returns nothing when a command has removed the file */
async function textOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return '';
  if (!found.isFile()) throw wrong('It is no file.');
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(FILE_MAX_BYTES + 1), 0, FILE_MAX_BYTES + 1, 0);
    if (bytesRead > FILE_MAX_BYTES) throw wrong('It has more than 64 KiB.');
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** A JSON object, or lines of `name=value`; empty lines and those that begin with # say nothing. */
async function pairsOf(text: string): Promise<unknown> {
  if (text.trimStart().startsWith('{'))
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw wrong(`It is no JSON: ${error instanceof Error ? error.message : String(error)}`);
    }
  const pairs = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const at = line.indexOf('=');
    if (at < 1) throw wrong(`Line ${index + 1} is not name=value.`);
    pairs.set(line.slice(0, at).trim(), line.slice(at + 1));
  }
  return Object.fromEntries(pairs);
}

const wrong = (what: string): JobFailure =>
  new JobFailure({
    code: 'build_error',
    message: `The file of outputs cannot be read. ${what}`,
    hint: 'Write lines of name=value to the file that $STAITHE_OUTPUTS names; names have a-z, 0-9 and _.',
    step: 'read outputs',
  });
