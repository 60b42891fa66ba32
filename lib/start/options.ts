/** What a start was asked for. */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { QUOTA_PROFILES, type QuotaProfile } from 'embedded-cloud';
import { START, startWith } from './called-as.ts';
import { StartFailure } from './failure.ts';

export const HELP = `Usage: ${startWith('[options]')}

Runs Staithe on this machine: the template that AWS deploys, on the embedded cloud.

  --once            stop after the example; exit code 0 only if all of it worked
  --no-tour         skip the example
  --restore         replace missing or damaged state files with their backups, then start
  --state <folder>  state folder (default: STAITHE_STATE, or .staithe in the checkout)
  --port <n>        port of the AWS endpoint (default: a free port, kept across starts)
  --verbose         show the log of the embedded cloud

  STAITHE_GIT_HOST_URL   the git host's API, for webhooks (default: https://api.github.com)
  STAITHE_QUOTAS         service quotas: machine (default), aws, or new-account
`;

export interface StartOptions {
  readonly help: boolean;
  readonly once: boolean;
  readonly tour: boolean;
  readonly verbose: boolean;
  readonly restore: boolean;
  readonly state: string;
  readonly port: number | undefined;
  readonly gitHostUrl: string | undefined;
  readonly quotas: QuotaProfile;
}

/** @param root the checkout @throws StartFailure for words that are no options */
export function optionsFrom(args: readonly string[], root: string): StartOptions {
  const { values } = parsed(args, process.env.STAITHE_STATE || join(root, '.staithe'));
  refuseRenamed();
  return {
    ...values,
    state: resolve(values.state),
    port: values.port === undefined ? undefined : portOf(values.port),
    gitHostUrl: gitHostUrlOf(process.env.STAITHE_GIT_HOST_URL),
    quotas: quotasNamed(process.env.STAITHE_QUOTAS),
  };
}

function parsed(args: readonly string[], state: string) {
  try {
    return parseArgs({
      args: [...args],
      allowNegative: true,
      options: {
        once: { type: 'boolean', default: false },
        tour: { type: 'boolean', default: true },
        verbose: { type: 'boolean', default: false },
        restore: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        state: { type: 'string', default: state },
        port: { type: 'string' },
      },
    });
  } catch (error) {
    // Node's own sentence about the option; what follows it is about positional arguments, of which there are none.
    const [said = ''] = (error instanceof Error ? error.message : String(error)).split('. ');
    throw new StartFailure(`${said.replace(/\.$/, '')}.`, startWith('--help'), 2);
  }
}

/** Settings of the embedded cloud, which had Staithe's prefix in 0.1.0. */
const RENAMED = ['BUILD_REACH', 'DYNAMODB_ENGINE', 'DYNAMODB_LOCAL_JAR', 'WARM_MACHINES'];

/** @throws StartFailure for a variable that would otherwise be ignored without a word */
function refuseRenamed(): void {
  for (const name of RENAMED) {
    const value = process.env[`STAITHE_${name}`];
    if (value !== undefined)
      throw new StartFailure(
        `STAITHE_${name} has no effect: its name is EMBEDDED_CLOUD_${name}.`,
        `unset STAITHE_${name}; EMBEDDED_CLOUD_${name}='${value}' ${START}`,
        2,
      );
  }
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535)
    throw new StartFailure(
      `--port is '${text}', and a port is a number from 1 to 65535.`,
      startWith('--port 4566'),
      2,
    );
  return port;
}

/** As the parameter of the template has it (lib/infrastructure/stack.ts). */
function gitHostUrlOf(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  if (/^https?:\/\/[^/]/.test(text) && URL.canParse(text)) return text.replace(/\/+$/, '');
  throw new StartFailure(
    `STAITHE_GIT_HOST_URL is '${text}', which is not an http or https URL.`,
    `STAITHE_GIT_HOST_URL=https://github.example.com/api/v3 ${START}`,
    2,
  );
}

export function quotasNamed(text: string | undefined): QuotaProfile {
  if (text === undefined || text === '') return 'machine';
  const found = QUOTA_PROFILES.find((profile) => profile === text);
  if (found !== undefined) return found;
  throw new StartFailure(
    `STAITHE_QUOTAS is '${text}'; it is one of ${QUOTA_PROFILES.join(', ')}.`,
    `STAITHE_QUOTAS=new-account ${START}`,
    2,
  );
}
