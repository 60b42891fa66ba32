/** The table of docs/security.md that shows what each function may do, from the needs that the grants are made of. */

import { table } from 'embedded-cloud/test-kit/generated.ts';
import { NEEDS, type Needs } from '../../lib/infrastructure/needs.ts';

type AnyNeed = Required<Needs>;
type Texts = {
  readonly [Name in keyof AnyNeed]: (need: AnyNeed[Name]) => readonly (string | false | undefined)[];
};

const listOf = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
const code = (names: readonly string[], prefix = ''): string =>
  names.map((name) => `\`${prefix}${name}\``).join(', ');
const workflows = (verb: string, names: readonly string[] = []): string | false =>
  names.length > 0 && `${verb} the ${listOf(names)} workflow${names.length > 1 ? 's' : ''}`;

const PROJECT_SECRETS = {
  read: 'read secrets of projects',
  write: 'create, tag, change, delete and restore secrets of projects, but not read them',
  remove: 'list the names of secrets and delete secrets of projects, but not read them',
} as const;

const SUBSCRIPTION_SECRETS = {
  read: 'read secrets of subscriptions',
  write: 'create, change and delete secrets of subscriptions, but not read them',
  remove: 'delete secrets of subscriptions, but not read them',
} as const;

const TEXTS: Texts = {
  table: ({ items, indexes, cursorKey, auditChains }) => [
    `${code(items)} on the table`,
    indexes && `\`Query\` on ${listOf(indexes.map((index) => `\`${index}\``))}`,
    cursorKey && '`PutItem` on the key of cursors only',
    auditChains && '`PutItem` on the chains of audit logs only',
    auditChains && '`DeleteItem` on the inboxes of audit logs only',
  ],
  blobs: ({ objects = {}, list, removeAll }) => [
    ...Object.entries(objects).map(([prefix, actions]) => `${code(actions, 's3:')} on ${prefix}`),
    removeAll && '`s3:DeleteObject` on everything of projects',
    (list || removeAll) && '`s3:ListBucket`',
  ],
  workflows: ({ start, stop, describe, wake }) => [
    workflows('start', start),
    workflows('stop', stop),
    workflows('describe executions of', describe),
    wake !== undefined && wake.length > 0 && 'wake jobs that wait in the queue',
  ],
  installation: () => [],
  compute: () => [],
  jobTokens: () => ['read the key of job tokens'],
  secrets: () => ['read the webhook secret'],
  projectSecrets: (access) => [PROJECT_SECRETS[access]],
  subscriptionSecrets: (access) => [SUBSCRIPTION_SECRETS[access]],
  notificationSettings: () => [],
  mailer: () => ['`ses:SendEmail` from the address of the parameter `MailSender`'],
  registry: () => [
    "create, describe and read image repositories with the installation's prefix",
    'assume the push role for one repository and the pull role for the repositories of one project',
  ],
  images: () => ["describe and read images with the installation's prefix"],
  imageTags: () => ["read and tag images with the installation's prefix"],
  repositories: () => ["delete image repositories with the installation's prefix"],
  logs: () => ["`logs:GetLogEvents` on the builds' log group"],
  functionLogs: ({ owners }) => [
    '`logs:FilterLogEvents` on the logs of functions with the prefix `FunctionPrefix`',
    owners && '`lambda:ListTags` on these functions',
  ],
  functions: () => [
    '`s3:GetObject` on artifacts',
    'Lambda, as [described below](#deployed-functions-and-the-tag)',
    '`iam:PassRole` of the one role for deployed functions, to Lambda only',
  ],
  sites: () => [
    '`s3:GetObject` on artifacts',
    'read, put, list and delete files in the bucket of sites',
    'describe, read and update the key value store of sites',
  ],
  processes: () => [
    'where the parameter `Processes` allows them: `s3:GetObject` on artifacts; create process groups with the tag, and change those that have it',
  ],
  processLogs: () => ['where there are processes: read their logs and whose they are'],
  runsProcesses: () => [],
  machines: () => ["describe and stop builds of the installation's CodeBuild projects"],
  deadLetters: () => [
    'receive, hide and delete messages of the dead-letter queue',
    'invoke the functions and start the workflow that rules call',
  ],
  gitHost: () => [],
  gitHostUrl: () => [],
  events: () => ["`events:PutEvents` on Staithe's bus"],
  runtimes: () => [],
  probe: () => ['HTTP GET of what is deployed'],
  apiUrl: () => [],
};

const NAMES = Object.keys(TEXTS) as (keyof Needs)[];

/** What the needs of one function let it do. */
function permissionsOf(needs: Needs): readonly string[] {
  const texts = <Name extends keyof AnyNeed>(name: Name) => {
    const need: Partial<AnyNeed>[Name] = needs[name];
    return need === undefined ? [] : TEXTS[name](need);
  };
  return NAMES.flatMap((name) => texts(name)).filter((text) => typeof text === 'string');
}

export const functionPermissions = (): string =>
  table(
    ['function', 'may'],
    Object.entries(NEEDS).map(([entry, needs]) => [
      `[\`${entry}\`](../functions/${entry}.ts)`,
      permissionsOf(needs).join('; ') || 'nothing',
    ]),
  );
