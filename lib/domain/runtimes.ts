/** The runtimes of Lambda that functions may have. */
import { StaitheError } from './error.ts';
import { nearest } from './validation/nearest.ts';

/** Those that Staithe knows how to deploy to, and of which Lambda still creates functions (docs: "Lambda runtimes"). */
export const RUNTIMES = ['nodejs22.x', 'nodejs24.x', 'python3.13', 'python3.14', 'provided.al2023'] as const;

/** Of these Lambda creates no function any more (docs: "Lambda runtimes", block function create). */
const DEPRECATED =
  /^(?:nodejs(?:\d\.\d+|1[02468]\.x|20\.x)?|python(?:2\.7|3\.[6-9])|ruby2\.\d|ruby3\.2|java8|go1\.x|dotnetcore\d\.\d|dotnet[56]|provided)$/;

/**
 * Refuses a runtime at once that a deployment would fail with.
 * @param available those that run where functions are deployed to
 * @throws StaitheError runtime_unavailable
 */
export function assertRuns(runtime: string, available: readonly string[]): void {
  if (available.includes(runtime)) return;
  const choice = `Name one of ${available.join(', ')}.`;
  const message = DEPRECATED.test(runtime)
    ? `The runtime ${runtime} is deprecated: Lambda creates no functions with it.`
    : RUNTIMES.some((known) => known === runtime)
      ? `The runtime ${runtime} does not run in this installation.`
      : `'${runtime}' is no runtime that Staithe deploys to.`;
  const close = nearest(runtime, available);
  throw new StaitheError('runtime_unavailable', message, {
    remedy: close === undefined ? choice : `Did you mean ${close}? ${choice}`,
    fields: [{ field: 'target.runtime', message: `must be one of ${available.join(', ')}` }],
  });
}
