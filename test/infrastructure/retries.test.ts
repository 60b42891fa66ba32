/** Retries and time limits of the workflows are in one table, and a workflow has the time that all of them may take. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { DELIVERY_TIMEOUT_SECONDS, DELIVERY_WORK_SECONDS } from '../../lib/domain/delivery/time.ts';
import { DEPLOYMENT_TIMEOUT_SECONDS, LOOK_SECONDS } from '../../lib/domain/deployment/time.ts';
import {
  LONGEST_JOB_SECONDS,
  MACHINE_GRACE_SECONDS,
  MACHINE_QUEUE_SECONDS,
  QUEUE_TIMEOUT_SECONDS,
  RUN_TIMEOUT_SECONDS,
  STEP_TIMEOUT_SECONDS,
} from '../../lib/domain/execution/model/time.ts';
import { MAX_TIMEOUT_SECONDS } from '../../lib/domain/manifest/values.ts';
import { longestPausesSeconds, MAX_ATTEMPTS, pausesOf, RETRIES } from '../../lib/domain/retries.ts';
import { definitionOf } from '../../lib/infrastructure/definition.ts';
import { longestDeployment, longestRun } from './longest.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'stepfunctions');
const sources = globSync('*.asl.yaml', { cwd: FOLDER }).map((file) =>
  readFileSync(join(FOLDER, file), 'utf8'),
);

describe('definitions of workflows', () => {
  it('have no number of a retry by hand, and no limit of their own', () => {
    const byHand = sources.flatMap((text) => [
      ...(text.match(/\b(IntervalSeconds|BackoffRate|MaxAttempts|MaxDelaySeconds|JitterStrategy)\b.*/g) ??
        []),
      ...(text.match(/^TimeoutSeconds: \d+/gm) ?? []),
    ]);

    expect(sources.length).toBe(3);
    expect(byHand).toEqual([]);
  });

  it('use every retry of the table', () => {
    const names = Object.keys(RETRIES).map((name) => `\${${name[0]?.toUpperCase()}${name.slice(1)}}`);

    const unused = names.filter((name) => !sources.some((text) => text.includes(`<<: ${name}`)));

    expect(unused).toEqual([]);
  });

  it('are filled completely: what is left is known at deployment only', () => {
    const names = ['build', 'deployment', 'trigger'] as const;
    const open = names.flatMap((name) => JSON.stringify(definitionOf(name)).match(/\$\{\w+\}/g) ?? []);

    expect([...new Set(open.map((one) => one.slice(2, -1)))].sort()).toEqual([
      'LambdaProject',
      'PlainProject',
      'PrivilegedProject',
      'StepFunctionArn',
    ]);
  });
});

describe('the pauses of a retry', () => {
  it('grow by its rate up to its longest, and add up', () => {
    expect(pausesOf(RETRIES.noMachine)).toEqual([20, 80, 320, 1280]);
    expect(pausesOf(RETRIES.runEndThrottled)).toEqual([2, 4, 8, 16, ...Array(8).fill(30)]);
    expect(pausesOf(RETRIES.never)).toEqual([]);
    expect(longestPausesSeconds(RETRIES.noMachine)).toBe(1700);
  });
});

describe('the time limit of a workflow', () => {
  it('lets the longest job of a run have all its attempts', async () => {
    const seconds = await longestRun({
      turn: QUEUE_TIMEOUT_SECONDS - 1,
      machine: MACHINE_QUEUE_SECONDS + MAX_TIMEOUT_SECONDS + MACHINE_GRACE_SECONDS,
      step: STEP_TIMEOUT_SECONDS - 1,
      attempts: MAX_ATTEMPTS,
    });

    // A minute or two of it are steps that were counted with their whole timeout.
    expect(seconds).toBeGreaterThan(LONGEST_JOB_SECONDS - 300);
    expect(seconds).toBeLessThan(RUN_TIMEOUT_SECONDS);
  });

  it('lets a deployment go through a quota that is used up on its way, and once more while it is taken back', async () => {
    // The function of the steps has 170 s (lib/infrastructure/deployments.ts).
    const seconds = await longestDeployment(170);

    expect(seconds).toBeGreaterThan(2 * longestPausesSeconds(RETRIES.deploymentThrottled) + LOOK_SECONDS);
    expect(seconds).toBeLessThan(DEPLOYMENT_TIMEOUT_SECONDS);
  });

  it('lets a delivery build all projects of a push after all waits, through an outage', () => {
    const Projects = z.object({ States: z.object({ Projects: z.object({ MaxConcurrency: z.int() }) }) });
    const { MaxConcurrency: atOnce } = Projects.parse(definitionOf('trigger')).States.Projects;

    const work = Math.ceil(25 / atOnce) * (60 + longestPausesSeconds(RETRIES.gitHostOutage) / 2);

    expect(work).toBeLessThan(DELIVERY_WORK_SECONDS);
    expect(DELIVERY_TIMEOUT_SECONDS).toBeGreaterThan(3 * 3600 + work);
  });
});
