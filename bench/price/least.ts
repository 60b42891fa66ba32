/**
 * What a build of one job and one artifact cannot do without, meter by meter, with its `POST` and one `GET` of its run:
 * where its client, its agent, and whoever is told of it are as they are, and every fact is still written down before it
 * is acknowledged. It says how much is left to gain, not how it is done.
 */

export interface Least {
  /** In one build; undefined where it depends on what is built, or on the machine. */
  readonly least?: number;
  readonly reason: string;
}

export const LEAST = {
  'API Gateway: requests': {
    least: 5,
    reason:
      'POST and GET of the client; claim, upload and result of the agent: a ticket is exchanged once, an upload URL is bound to a digest that is known after packing, and a result is one after the upload',
  },
  'Lambda: requests': {
    least: 6,
    reason:
      'one of each request (5); the relay once, at the end: nobody has to act on what was only begun, and a filter of the stream wakes nobody for it',
  },
  'Lambda: GB-seconds, as long as here': {
    reason: 'as many as the requests take: their number is what can be saved',
  },
  'DynamoDB: write units': {
    least: 17,
    reason:
      'made: build, run, job, in one transaction (3 × 2); who made it, in the audit log, and the link of its chain (2); claimed: job (1); artifact (1); ended: job, and then run, as the agent repeats a report that was not answered (2); index entries of build, run and artifact (4: an artifact is also found by its digest), and the run’s among what is open, there and gone again (1)',
  },
  'DynamoDB: read units': {
    least: 8,
    reason:
      'POST: token, project, source, whether it was built before (4); GET: token, run (2); claim: none, as its condition answers with the item; upload: job (1); result: job (1), whose artifact its condition answers with',
  },
  'Step Functions: transitions': {
    least: 2,
    reason: 'the map over the jobs, and the job: planning is the POST’s, the end is the last result’s',
  },
  'EventBridge: events': {
    least: 2,
    reason: 'what others act on: the artifact is there, the run has ended',
  },
  'S3: PUT, LIST': { least: 1, reason: 'the artifact' },
  'S3: GET, HEAD': {
    least: 3,
    reason: 'the agent’s bundle, the source, and whether the artifact is there as it was said to be',
  },
  'CloudWatch Logs: MB': {
    reason: 'what the build prints, and three lines of each invocation',
  },
  'Secrets Manager: reads': { least: 0, reason: 'the key of job tokens is kept between invocations' },
  'X-Ray: traces, if each execution is recorded': {
    least: 0,
    reason: 'for operators; X-Ray samples, so many builds have none',
  },
} as const satisfies Record<string, Least>;

export type Meter = keyof typeof LEAST;
