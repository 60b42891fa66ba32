/** The target `process`: its options on the command line, and how it is shown. */
import type { Environment } from '../../api/resources.ts';
import { choice, integer, text, type ValuesOf } from '../../command/option.ts';
import { usageFailure } from '../../failure/failure.ts';
import { defined, replaced } from '../defined.ts';
import { stepOf, stepText, type trafficOptions } from './traffic.ts';

export const processOptions = {
  process: text('--process <name>', 'Process; required for a new environment of one'),
  processType: choice('--process-type <type>', 'Whether the process has a URL (default: web)', [
    'web',
    'worker',
  ]),
  command: text('--command <line>', 'Command that starts the process in the folder of the artifact'),
  replicas: integer('--replicas <count>', 'How many of the process run, 1 to 20 (default: 1)'),
  processMemory: text(
    '--process-memory <MB>',
    'Memory of each replica of the process, 32 to 65536 MB; `none` removes the limit',
  ),
} as const;

type Options = ValuesOf<typeof processOptions & typeof trafficOptions>;
type Process = Extract<Environment['target'], { kind: 'process' }>;

/** The target for the request: what the options say, and the stored rest. @throws Failure usage */
export function processTarget(environment: string, options: Options, current: Process | undefined) {
  const { memory_mb: before, ...kept } = current ?? {};
  const name = options.process ?? current?.name;
  if (name === undefined)
    throw usageFailure(
      `Environment ${environment} has no process yet, and this target requires one.`,
      'Add --process <name>.',
    );
  const command = options.command ?? current?.command;
  if (command === undefined)
    throw usageFailure(
      `Process ${name} has no command yet, and this target requires one.`,
      'Add --command, e.g. --command "node server.js".',
    );
  const memory = options.processMemory ?? before;
  return {
    ...kept,
    ...{ kind: 'process' as const, name, command },
    ...defined({
      process_type: options.processType,
      replicas: options.replicas,
      memory_mb: memory === 'none' || memory === undefined ? undefined : Number(memory),
      steps: options.step.length === 0 ? undefined : replaced(options.step, 'none').map(stepOf),
      max_error_percent: options.maxErrors,
    }),
  };
}

export function processLines(target: Process): [string, string | undefined][] {
  return [
    ['process', `${target.name}, ${target.process_type}`],
    ['command', target.command],
    ['replicas', String(target.replicas)],
    ['memory', target.memory_mb === undefined ? undefined : `${target.memory_mb} MB`],
    ['traffic steps', target.steps.map(stepText).join(', ') || undefined],
    ['maximum errors', target.max_error_percent === undefined ? undefined : `${target.max_error_percent} %`],
  ];
}
