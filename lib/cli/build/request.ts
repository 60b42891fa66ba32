/** What a new build is asked for, from the options of `staithe build create`. */
import { usageFailure } from '../failure.ts';
import { choice, flag, integer, list, pairs, text, type ValuesOf } from '../option.ts';

export const requestOptions = {
  service: list('--service <name>', 'build this service only'),
  matrix: pairs('--matrix <axis=values>', 'values of an axis, with commas, in place of the manifest’s'),
  input: pairs('--input <name=value>', 'reaches every command as STAITHE_INPUT_<NAME>'),
  feature: list('--feature <name>', 'a switch that commands see as STAITHE_FEATURE_<NAME>=1'),
  maxParallel: integer('--max-parallel <number>', 'how many jobs may work at once'),
  failFast: choice('--fail-fast <on|off>', 'whether the first failing job ends the others', ['on', 'off']),
  timeout: text('--timeout <duration>', 'how long the whole run may take: 90s, 15m, 2h'),
  forceRebuild: flag('--force-rebuild', 'build also what an earlier run has built'),
  fork: flag('--fork', 'the source is of a fork: it gets no secrets, and writes no cache that others read'),
  manifestHash: text('--manifest-hash <digest>', 'refuse any other manifest than this (sha256:…)'),
  gitSha: text('--git-sha <sha>', 'the commit that the source is of'),
  gitRef: text('--git-ref <ref>', 'the branch or tag that the source is of'),
};

export function requestOf(options: ValuesOf<typeof requestOptions>) {
  const matrix = Object.entries(options.matrix).map(([axis, values]) => [axis, values.split(',')]);
  return {
    inputs: options.input,
    ...(options.forceRebuild && { force_rebuild: true }),
    ...(options.service.length > 0 && { services: options.service }),
    ...(matrix.length > 0 && { matrix: Object.fromEntries(matrix) as Record<string, string[]> }),
    ...(options.feature.length > 0 && { features: options.feature }),
    ...(options.maxParallel !== undefined && { max_parallel: options.maxParallel }),
    ...(options.failFast !== undefined && { fail_fast: options.failFast === 'on' }),
    ...(options.timeout !== undefined && { timeout_seconds: secondsOf(options.timeout) }),
    ...(options.fork && { trust: 'fork' as const }),
    ...(options.manifestHash !== undefined && { manifest_hash: options.manifestHash }),
    ...(options.gitSha !== undefined && { git_sha: options.gitSha }),
    ...(options.gitRef !== undefined && { git_ref: options.gitRef }),
  };
}

const UNITS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600 };

function secondsOf(text: string): number {
  const [, number, unit = ''] = /^(\d{1,6})([smh]?)$/.exec(text) ?? [];
  if (number === undefined)
    throw usageFailure(`'${text}' is no duration.`, 'Give --timeout as 90s, 15m or 2h.');
  return Number(number) * (UNITS[unit] ?? 1);
}
