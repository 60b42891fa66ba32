/** The logs of runs and jobs: one log of many streams, read with one cursor. */
export { arrival } from './arrival.ts';
export { type ReadOptions, read } from './follow.ts';
export { asJsonLines, asText, styled } from './format.ts';
export { sleep, timeOf } from './store-limits.ts';
export { type JobFilter, ofJob, ofRun } from './streams.ts';
export { lastLines } from './tail.ts';
