/** `staithe audit`. */
import type { AuditEntry } from '../domain/audit/schema.ts';
import { type Verdict, verifyChain } from '../domain/audit/verify.ts';
import type { Api } from './api/api.ts';
import { linksIn, linksOf } from './audits/links.ts';
import { type CommandGroup, command } from './command/command.ts';
import { listAcrossCommand } from './command/list.ts';
import { boundProject, flag, type OptionKind, text, type ValuesOf } from './command/option.ts';
import { EXIT } from './failure/exit-codes.ts';
import { Failure, usageFailure } from './failure/failure.ts';
import { moment } from './terminal/format.ts';
import { fields } from './terminal/table.ts';

const PROJECT = '--project <project>';

const installation: OptionKind<boolean> = {
  ...flag('--installation', 'The log of the installation: projects, tokens and users'),
  excludes: PROJECT,
};

/** Of one log, not of several. */
const logOptions = {
  project: text(
    PROJECT,
    'Project by slug or id, also the id of a deleted one (default: the project that the token is bound to)',
    (option) => option.env('STAITHE_PROJECT'),
  ),
  installation,
};

/** The project of a command; undefined for the log of the installation. @throws Failure usage */
async function projectOf(
  options: ValuesOf<typeof logOptions>,
  api: Api<'whoAmI'>,
): Promise<string | undefined> {
  if (options.installation) return undefined;
  const project = options.project || (await boundProject(api));
  if (project !== undefined) return project;
  throw usageFailure(
    'No audit log specified, and the token is not bound to a project.',
    'Add --project <project> or --installation, or set STAITHE_PROJECT.',
  );
}

function actorOf({ actor, on_behalf_of: creator }: AuditEntry): string {
  if (actor.kind === 'system') return creator === undefined ? actor.name : `${actor.name} for ${creator}`;
  return actor.user?.name ?? actor.token_name ?? actor.token_id;
}

const subjectText = ({ subject }: AuditEntry): string =>
  Object.entries(subject)
    .map(([name, value]) => `${name} ${value}`)
    .toSorted()
    .join(', ');

const list = listAcrossCommand({
  summary: 'List the entries of audit logs, newest first',
  details:
    'An entry appears within seconds of its request. Requests that were refused for a missing role have status 403. With ' +
    '--json, entries have further fields: the id of the token, digests, IP address, user agent and request id.',
  options: {
    installation,
    actor: text('--actor <actor>', 'Only entries of this token or user (id or name)'),
    action: text('--action <action>', 'Only this action, such as createDeployment'),
  },
  examples: [
    'staithe audit list --project hello --since 7d',
    'staithe audit list --project hello --action createDeployment --actor ci',
    'staithe audit list --installation',
  ],
  calls: ['listAudit'],
  columns: async () => [
    { title: 'at', value: (entry: AuditEntry) => moment(entry.at) },
    { title: 'actor', value: actorOf },
    { title: 'action', value: (entry) => entry.action },
    { title: 'subject', value: subjectText },
    { title: 'status', value: (entry) => entry.status?.toString() },
    { title: 'from', value: (entry) => entry.source_ip },
  ],
  isOfNoProject: (options) => options.installation,
  filterOf: (options) => ({
    ...(options.installation && { installation: 'true' as const }),
    ...(options.actor !== undefined && { actor: options.actor }),
    ...(options.action !== undefined && { action: options.action }),
  }),
  readPage: (project, api, query) =>
    api.call('listAudit', { query: { ...query, ...(project !== undefined && { project }) } }),
  nextWhenEmpty: () => 'staithe audit list --all-projects',
});

function intactText(verified: number): string {
  if (verified === 0) return 'It is the first entry.';
  return verified === 1 ? 'The entry before it is intact.' : `The ${verified} entries before it are intact.`;
}

function faultFailure({ fault, verified, chain }: Verdict): Failure {
  const from = fault?.entry_id === undefined ? '' : ` (${fault.entry_id})`;
  return new Failure(EXIT.failed, {
    code: 'audit_log_broken',
    detail: `${fault?.message}${from} ${intactText(verified)}`,
    remedy: `Compare the log of ${chain} with an earlier export, and see docs/audit.md, "When verification fails".`,
  });
}

const verify = command({
  name: 'verify',
  summary: 'Verify that no entry of an audit log was changed, removed or reordered',
  details:
    'This program computes the hashes from the entries themselves. It prints the head of the log: keep the head outside ' +
    'of Staithe, and specify it with --head later. Only a head that was noted before shows whether someone who can ' +
    'write to the table has rewritten the whole log, or cut off its end. Exits with code 6 if the log is not intact.',
  options: {
    ...logOptions,
    head: text(
      '--head <hash>',
      'Hash of an entry that must be in the log: the head of an earlier verification',
    ),
    file: {
      ...text('--file <file>', 'Verify a file of `staithe audit export`, without a server'),
      excludes: PROJECT,
    },
  },
  examples: [
    'staithe audit verify --project hello',
    'staithe audit verify --file hello.jsonl --head sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  ],
  calls: ['readAuditChain', 'whoAmI'],
  async run({ options }, { api, terminal }) {
    const { head, file } = options;
    if (head !== undefined && !/^sha256:[0-9a-f]{64}$/.test(head))
      throw usageFailure(
        `'${head}' is not a hash.`,
        'Specify the head that an earlier verification has printed: sha256: and 64 hex digits.',
      );
    const links =
      file === undefined
        ? linksOf(api, await projectOf(options, api), (seq, of) =>
            terminal.progress('Verifying', `${seq} of ${of} entries`),
          )
        : linksIn(file);
    const verdict = await verifyChain(links, { head }).finally(() => terminal.done());
    if (verdict.fault !== undefined) throw faultFailure(verdict);
    return {
      json: verdict,
      text: fields([
        ['log', verdict.chain],
        ['entries', String(verdict.verified)],
        ['head', verdict.head?.hash],
      ]),
      notes:
        verdict.head === undefined
          ? ['The log has no entries.']
          : [`next: keep the head, and verify with --head ${verdict.head.hash} later`],
    };
  },
});

const exportLog = command({
  name: 'export',
  summary: 'Print an audit log as JSON lines',
  details:
    'Every line is one entry with its position, its hash and the hash before, oldest first. `staithe audit verify ' +
    '--file` verifies such a file without a server.',
  options: logOptions,
  examples: ['staithe audit export --project hello > hello.jsonl'],
  calls: ['readAuditChain', 'whoAmI'],
  async run({ options }, { api, terminal }) {
    const project = await projectOf(options, api);
    for await (const link of linksOf(api, project, () => {})) terminal.event(link);
    return undefined;
  },
});

export const audit: CommandGroup = { name: 'audit', commands: [list, verify, exportLog] };
