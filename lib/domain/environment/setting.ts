/** What a request or a manifest sets of an environment. */
import { isDeepStrictEqual } from 'node:util';
import { type Environment, PutEnvironment } from './schema.ts';

const { owner: _, ...settings } = PutEnvironment.shape;
export const SETTINGS = Object.keys(settings) as readonly Exclude<keyof PutEnvironment, 'owner'>[];

/** Whether they differ in what is set, or in who decides about it. */
export const changesBetween = (before: Environment, next: Environment): boolean =>
  before.owner.kind !== next.owner.kind ||
  SETTINGS.some((name) => !isDeepStrictEqual(before[name], next[name]));
