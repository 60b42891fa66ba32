/** Which of a server's processes are of which kind, to kill as many of each. */
import { type Descendant, descendantsOf } from 'embedded-cloud/test-kit/processes.ts';
import { has } from 'embedded-cloud/test-kit/tools.ts';

/** `machine`, `agent`, `command`: of builds that run a command, inside out; warm machines that nobody has, are none. */
export const VICTIM_KINDS = ['function', 'engine', 'connector', 'machine', 'agent', 'command'] as const;
export type VictimKind = (typeof VICTIM_KINDS)[number];

/** Without bubblewrap the engine has no namespace, and so no connector. */
export const KINDS_HERE: readonly VictimKind[] = VICTIM_KINDS.filter(
  (kind) => kind !== 'connector' || has('bubblewrap'),
);

export function victimsOf(server: number): Map<VictimKind, number[]> {
  const all = descendantsOf(server);
  const childrenOf = Map.groupBy(all, ({ parent }) => parent);
  const below = (pid: number): Descendant[] =>
    (childrenOf.get(pid) ?? []).flatMap((child) => [child, ...below(child.pid)]);
  const agents = all.filter((one) => isAgent(one) && childrenOf.has(one.pid));
  const commands = agents.flatMap(({ pid }) => below(pid));
  const inner = new Set([...agents, ...commands]);
  // What runs the commands of a build stands on the command line of its machine.
  const machines = all
    .filter(({ parent, words }) => parent === server && words.includes('runner'))
    .map((root) => [root, ...below(root.pid)])
    .filter((machine) => machine.some((one) => inner.has(one)));
  const kinds: Record<VictimKind, readonly Descendant[]> = {
    function: all.filter(({ name }) => name === 'bootstrap.mjs'),
    engine: all.filter(isEngine),
    connector: all.filter((one) => one.name === 'connector.cjs' && !isEngine(one)),
    machine: machines.flat().filter((one) => !inner.has(one)),
    agent: agents,
    command: commands,
  };
  return new Map(VICTIM_KINDS.map((kind) => [kind, kinds[kind].map(({ pid }) => pid)]));
}

const programOf = ({ words }: Descendant): string => words[0]?.split('/').at(-1) ?? '';

/** `node agent.cjs`, or a Node that was started beforehand for it. */
const isAgent = (one: Descendant): boolean =>
  programOf(one) === 'node' && one.words.some((word) => word.split('/').at(-1) === 'agent.cjs');

const isEngine = (one: Descendant): boolean =>
  programOf(one) === 'dynoxide' ||
  (programOf(one) === 'java' && one.words.some((word) => word.includes('DynamoDBLocal')));
