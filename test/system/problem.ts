import { expect } from 'vitest';
import { Problem } from '../../lib/contract/problem.ts';
import type { HttpAnswer } from './server.ts';

/** The problem document of an answer, which must be a whole one. */
export function problemIn(answer: HttpAnswer): Problem {
  const problem = Problem.parse(answer.body);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(problem.status).toBe(answer.status);
  expect(problem.request_id).toBe(answer.headers.get('x-request-id'));
  expect(problem.type).toBe(`urn:staithe:problem:${problem.code}`);
  for (const text of [problem.title, problem.detail, problem.remedy]) expect(text).not.toBe('');
  return problem;
}

/** Status and code of an answer, e.g. `404 not_found`. */
export const codeOf = ({ status, body }: HttpAnswer) =>
  `${status} ${String(Reflect.get(Object(body), 'code'))}`;
