import type { Meter } from './least.ts';

/**
 * AWS's list prices in US dollars: us-east-1, on demand, beyond free tiers, as of 2026-11. The bill is AWS's: see
 * https://aws.amazon.com/pricing before you plan with them. CodeBuild's stand in lib/aws/codebuild/types.ts.
 */
export const PRICES = {
  /** HTTP API. */
  'API Gateway: requests': 1.0 / 1e6,
  'Lambda: requests': 0.2 / 1e6,
  /** arm64. */
  'Lambda: GB-seconds, as long as here': 0.0000133334,
  /** On-demand table: a unit is 1 KB written, or 4 KB read strongly. */
  'DynamoDB: write units': 0.625 / 1e6,
  'DynamoDB: read units': 0.125 / 1e6,
  /** Standard workflow. */
  'Step Functions: transitions': 0.025 / 1e3,
  /** Custom events; AWS services' own are free. */
  'EventBridge: events': 1.0 / 1e6,
  /** S3 Standard: PUT, COPY, POST, LIST. */
  'S3: PUT, LIST': 0.005 / 1e3,
  /** S3 Standard: GET, HEAD and all others. */
  'S3: GET, HEAD': 0.0004 / 1e3,
  /** Standard class: $0.50 a GB taken in. */
  'CloudWatch Logs: MB': 0.5 / 1e3,
  'Secrets Manager: reads': 0.05 / 1e4,
  /** Traces recorded. */
  'X-Ray: traces, if each execution is recorded': 5.0 / 1e6,
} as const satisfies Record<Meter, number>;
