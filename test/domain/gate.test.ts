import { describe, expect, test } from 'vitest';
import { authorize } from '../../lib/domain/access/authorize.ts';
import { ROLES } from '../../lib/domain/access/role.ts';
import { ADMIN, ULID } from './world.ts';

describe('the gate', () => {
  const job = {
    kind: 'job',
    job_id: `job_${ULID}`,
    run_id: `run_${ULID}`,
    project_id: `prj_${ULID}`,
  } as const;
  const gate = (...call: Parameters<typeof authorize>) => {
    try {
      authorize(...call);
      return 'open';
    } catch (error) {
      return error instanceof Error && 'code' in error ? error.code : error;
    }
  };

  test('opens to a job its own routes only', () => {
    expect(gate(job, { access: 'job' }, { job: job.job_id })).toBe('open');
    expect(gate(job, { access: 'job_or_viewer' }, { job: job.job_id })).toBe('open');
    expect(gate(job, { access: 'job' }, { job: 'job_other' })).toBe('not_found');
    expect(gate(job, { access: 'job' })).toBe('not_found');
    expect(ROLES.map((access) => gate(job, { access }, { job: job.job_id }))).toEqual(
      ROLES.map(() => 'role_too_low'),
    );
  });

  test('keeps tokens from the routes of agents', () => {
    expect(gate(ADMIN, { access: 'job' }, { job: job.job_id })).toBe('role_too_low');
  });
});
