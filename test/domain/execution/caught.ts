/** What Step Functions gives the workflow of a machine that CodeBuild has ended, by the status of its build. */
export const caught = (BuildStatus: string) => ({
  error: 'States.TaskFailed',
  cause: JSON.stringify({ Build: { BuildStatus } }),
});

/** CodeBuild has lost the machine. */
export const FAULT = caught('FAULT');
