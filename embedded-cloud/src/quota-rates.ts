/**
 * How often AWS lets an account call some of its APIs, in one region, by default: those that applications call most. An API
 * that is not here is never throttled by this cloud, though AWS may limit it too. StartBuild has no published rate, DynamoDB
 * and S3 have limits by table and prefix.
 */

/** A bucket of tokens: so many requests at once, and so many more each second. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** APIs that share a rate. */
export interface SharedRate {
  /** The service, as users call it. */
  readonly service: string;
  /** By their IAM actions, without the service's prefix. `*` stands for all others of the service. */
  readonly prefix: string;
  readonly actions: readonly string[];
  /** By region: the first that names it, or names none. */
  readonly rates: readonly { readonly regions?: readonly string[]; readonly rate: Rate }[];
  /** Where AWS says so. */
  readonly source: string;
}

const second = (count: number): Rate => ({ burst: count, perSecond: count });
const everywhere = (count: number): SharedRate['rates'] => [{ rate: second(count) }];

const LARGEST = ['us-east-1', 'us-west-2', 'eu-west-1'];

/** Step Functions gives the largest regions other buckets. */
const bucket = (large: Rate, other: Rate): SharedRate['rates'] => [
  { regions: LARGEST, rate: large },
  { rate: other },
];

const LOGS = { service: 'CloudWatch Logs', prefix: 'logs', source: 'CloudWatch Logs quotas' };
const STATES = {
  service: 'Step Functions',
  prefix: 'states',
  source: 'Step Functions quotas, "Quotas related to API action throttling"',
};
const LAMBDA = { service: 'Lambda', prefix: 'lambda', source: 'Lambda quotas, "API requests"' };
const SECRETS = {
  service: 'Secrets Manager',
  prefix: 'secretsmanager',
  source: 'Secrets Manager quotas',
};
const ECR = { service: 'ECR', prefix: 'ecr', source: 'ECR service quotas' };
const KMS = { service: 'KMS', prefix: 'kms', source: 'KMS request quotas' };

export const RATES: readonly SharedRate[] = [
  {
    ...LOGS,
    actions: ['GetLogEvents'],
    rates: [{ regions: ['eu-west-1', 'eu-central-1', 'us-west-2'], rate: second(10) }, { rate: second(25) }],
  },
  {
    ...LOGS,
    actions: ['FilterLogEvents'],
    rates: everywhere(5),
    source: 'AWS re:Post, "How do I determine throttling in my CloudWatch logs?"',
  },
  {
    ...LOGS,
    actions: ['CreateLogStream'],
    rates: everywhere(50),
    source: 'CloudWatch Logs API reference, "CreateLogStream"',
  },
  {
    ...STATES,
    actions: ['StartExecution'],
    rates: bucket({ burst: 1300, perSecond: 300 }, { burst: 800, perSecond: 150 }),
  },
  {
    ...STATES,
    actions: ['StopExecution'],
    rates: bucket({ burst: 1000, perSecond: 200 }, { burst: 500, perSecond: 25 }),
  },
  {
    ...STATES,
    actions: ['DescribeExecution'],
    rates: bucket({ burst: 300, perSecond: 15 }, { burst: 250, perSecond: 10 }),
  },
  { ...STATES, actions: ['GetExecutionHistory'], rates: [{ rate: { burst: 400, perSecond: 20 } }] },
  {
    ...STATES,
    actions: ['SendTaskSuccess', 'SendTaskFailure', 'SendTaskHeartbeat'],
    rates: bucket({ burst: 3000, perSecond: 500 }, { burst: 1500, perSecond: 300 }),
  },
  { ...LAMBDA, actions: ['GetFunction'], rates: everywhere(100) },
  { ...LAMBDA, actions: ['*'], rates: everywhere(15) },
  { ...SECRETS, actions: ['GetSecretValue'], rates: everywhere(10_000) },
  { ...SECRETS, actions: ['DescribeSecret'], rates: everywhere(40_000) },
  {
    ...SECRETS,
    actions: ['PutSecretValue', 'UpdateSecret', 'UpdateSecretVersionStage'],
    rates: everywhere(50),
  },
  { ...SECRETS, actions: ['CreateSecret'], rates: everywhere(50) },
  { ...SECRETS, actions: ['DeleteSecret'], rates: everywhere(50) },
  { ...SECRETS, actions: ['RestoreSecret'], rates: everywhere(50) },
  { ...SECRETS, actions: ['TagResource', 'UntagResource'], rates: everywhere(50) },
  { ...SECRETS, actions: ['ListSecrets'], rates: everywhere(100) },
  { ...SECRETS, actions: ['BatchGetSecretValue'], rates: everywhere(100) },
  { ...ECR, actions: ['GetAuthorizationToken'], rates: everywhere(500) },
  { ...ECR, actions: ['BatchGetImage'], rates: everywhere(2000) },
  { ...ECR, actions: ['GetDownloadUrlForLayer'], rates: everywhere(3000) },
  { ...ECR, actions: ['BatchCheckLayerAvailability'], rates: everywhere(1000) },
  { ...ECR, actions: ['InitiateLayerUpload'], rates: everywhere(100) },
  { ...ECR, actions: ['UploadLayerPart'], rates: everywhere(500) },
  { ...ECR, actions: ['CompleteLayerUpload'], rates: everywhere(100) },
  { ...ECR, actions: ['PutImage'], rates: everywhere(10) },
  {
    ...KMS,
    actions: [
      ...['Decrypt', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext', 'GenerateRandom'],
      ...['GenerateMac', 'VerifyMac', 'ReEncryptFrom'],
    ],
    rates: [
      { regions: LARGEST, rate: second(100_000) },
      {
        regions: [
          ...['us-east-2', 'ap-southeast-1', 'ap-southeast-2', 'ap-northeast-1'],
          ...['eu-central-1', 'eu-west-2'],
        ],
        rate: second(20_000),
      },
      { rate: second(10_000) },
    ],
  },
  { ...KMS, actions: ['Sign', 'Verify'], rates: everywhere(1000) },
  { ...KMS, actions: ['DescribeKey'], rates: everywhere(2000) },
  { ...KMS, actions: ['GetPublicKey'], rates: everywhere(2000) },
  { ...KMS, actions: ['CreateKey'], rates: everywhere(5) },
];

/** Calls of functions are not of Lambda's control plane; their limit is the number that runs at once. */
const CALLS: ReadonlySet<string> = new Set([
  'lambda:InvokeFunction',
  'lambda:InvokeFunctionUrl',
  'lambda:InvokeAsync',
]);

const BY_ACTION = new Map(
  RATES.flatMap((shared) => shared.actions.map((action) => [`${shared.prefix}:${action}`, shared])),
);

/** The rate that an action counts against, and the name of its bucket; undefined for one that has none. */
export function rateOf(
  action: string,
  region: string,
): { readonly key: string; readonly rate: Rate } | undefined {
  if (CALLS.has(action)) return undefined;
  const shared = BY_ACTION.get(action) ?? BY_ACTION.get(`${action.split(':')[0]}:*`);
  const rate = shared?.rates.find(({ regions }) => regions === undefined || regions.includes(region))?.rate;
  if (shared === undefined || rate === undefined) return undefined;
  return { key: `${shared.prefix}:${shared.actions.join()}`, rate };
}
