/** Asks one version of a process, as its URL would, whether it has traffic or not. */
import * as z from 'zod';
import type { Answer, Question } from '../../domain/ports/probe.ts';
import { type Ask, bodyText, following, untilHealthy } from '../probe.ts';
import { type ProcessCall, ProcessError } from './client.ts';
import type { ProcessRelease } from './group.ts';

/** A host that no request leaves for. */
const HOST = 'candidate.invalid';

const Answered = z.object({
  Status: z.number(),
  Headers: z.record(z.string(), z.string()),
  Body: z.string(),
});

/** @returns undefined for a worker, which takes no requests */
export async function askVersion(
  call: ProcessCall,
  { target }: ProcessRelease,
  version: string,
  question: Question,
): Promise<Answer | undefined> {
  if (target.process_type === 'worker') return undefined;
  const ask: Ask = async (url) => {
    const began = performance.now();
    const { pathname, search } = new URL(url);
    const input = { GroupName: target.name, Version: Number(version), Path: pathname + search };
    try {
      const { Status, Headers, Body } = await call(
        'AskVersion',
        { ...input, Headers: { host: HOST } },
        Answered,
      );
      const milliseconds = performance.now() - began;
      return { status: Status, headers: Headers, body: bodyText(Buffer.from(Body)), milliseconds };
    } catch (error) {
      if (error instanceof ProcessError) return { failure: error.message.replace(/\.$/, '') };
      throw error;
    }
  };
  return untilHealthy(() => following(ask, `http://${HOST}${question.path}`, question), question);
}
