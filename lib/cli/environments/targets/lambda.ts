/** The target `lambda`: its options on the command line, and how it is shown. */
import type { Environment } from '../../api/resources.ts';
import { choice, integer, list, text, type ValuesOf } from '../../command/option.ts';
import { usageFailure } from '../../failure/failure.ts';
import { defined, replaced } from '../defined.ts';
import { stepOf, stepText, type trafficOptions } from './traffic.ts';

export const lambdaOptions = {
  function: text('--function <name>', 'Lambda function; required for a new environment of one'),
  package: choice('--package <package>', 'What the function is made of (default: zip)', ['zip', 'image']),
  runtime: text('--runtime <runtime>', 'Runtime of the function, e.g. nodejs24.x'),
  handler: text('--handler <handler>', 'Handler of the function, e.g. index.handler'),
  memory: integer('--memory <MB>', 'Memory of the function, 128 to 10240 MB'),
  timeout: integer('--timeout <seconds>', 'Timeout of the function, 1 to 900 seconds'),
  architecture: choice('--architecture <architecture>', 'Architecture of the function', ['arm64', 'x86_64']),
  alarm: list('--alarm <name>', 'CloudWatch alarm that must not be in alarm after a step; `none` clears'),
} as const;

type Options = ValuesOf<typeof lambdaOptions & typeof trafficOptions>;
type Lambda = Extract<Environment['target'], { kind: 'lambda' }>;

/** The target for the request: what the options say, and the stored rest. @throws Failure usage */
export function lambdaTarget(name: string, options: Options, current: Lambda | undefined) {
  const function_name = options.function ?? current?.function_name;
  if (function_name === undefined)
    throw usageFailure(
      `Environment ${name} does not exist, and a new one requires a function.`,
      'Add --function <name>.',
    );
  const steps = replaced(options.step, 'none');
  return {
    ...(options.package === 'image' ? withoutPackage(current) : current),
    kind: 'lambda' as const,
    function_name,
    ...defined({
      package: options.package,
      runtime: options.runtime,
      handler: options.handler,
      memory_mb: options.memory,
      timeout_seconds: options.timeout,
      architecture: options.architecture,
      steps: options.step.length === 0 ? undefined : steps.map(stepOf),
      alarms: options.alarm.length === 0 ? undefined : replaced(options.alarm, 'none'),
      max_error_percent: options.maxErrors,
    }),
  };
}

/** Without what an image has not. */
function withoutPackage(target: Lambda | undefined): Partial<Lambda> | undefined {
  if (target === undefined || target.package === 'image') return target;
  const { runtime: _, handler: __, ...rest } = target;
  return rest;
}

export function lambdaLines(target: Lambda): [string, string | undefined][] {
  return [
    ['function', target.function_name],
    [
      'runtime',
      target.package === 'image'
        ? `image, ${target.architecture}`
        : `${target.runtime}, ${target.handler}, ${target.architecture}`,
    ],
    ['limits', `${target.memory_mb} MB, ${target.timeout_seconds}s`],
    ['traffic steps', target.steps.map(stepText).join(', ') || undefined],
    ['alarms', target.alarms.join('\n') || undefined],
    ['maximum errors', target.max_error_percent === undefined ? undefined : `${target.max_error_percent} %`],
  ];
}
