/**
 * AWS's list prices in US dollars: us-east-1, on demand, beyond free tiers, as of 2026-11. The bill is AWS's: see
 * https://aws.amazon.com/pricing before you plan with them. CodeBuild's stand in lib/aws/codebuild/types.ts.
 */
export const PRICES = {
  /** HTTP API, a request. */
  apiRequest: 1.0 / 1e6,
  lambdaRequest: 0.2 / 1e6,
  /** arm64, a GB-second. */
  lambdaGbSecond: 0.0000133334,
  /** On-demand table: a unit is 1 KB written, or 4 KB read strongly. */
  writeUnit: 0.625 / 1e6,
  readUnit: 0.125 / 1e6,
  /** Standard workflow. */
  stateTransition: 0.025 / 1e3,
  /** A custom event; AWS services' own are free. */
  event: 1.0 / 1e6,
  /** S3 Standard: PUT, COPY, POST, LIST. */
  s3Write: 0.005 / 1e3,
  /** S3 Standard: GET, HEAD and all others. */
  s3Read: 0.0004 / 1e3,
  /** CloudWatch Logs, Standard class: a GB taken in. */
  logGigabyte: 0.5,
  secretRead: 0.05 / 1e4,
  /** X-Ray, a trace recorded. */
  trace: 5.0 / 1e6,
} as const;
