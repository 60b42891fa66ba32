/**
 * The AWS managed policies that CDK constructs attach, as AWS publishes them
 * (https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html). A role that asks for another one
 * is refused by name, so that no permission is guessed.
 */
const LOG_WRITES = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];

function allow(...actions: string[]): unknown {
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] };
}

/** Documents by the part of the ARN after `arn:aws:iam::aws:policy/`. */
const AWS_MANAGED_POLICIES: Record<string, unknown> = {
  AdministratorAccess: allow('*'),
  AmazonS3ReadOnlyAccess: allow(
    's3:Get*',
    's3:List*',
    's3:Describe*',
    's3-object-lambda:Get*',
    's3-object-lambda:List*',
  ),
  AWSXRayDaemonWriteAccess: allow(
    'xray:PutTraceSegments',
    'xray:PutTelemetryRecords',
    'xray:GetSamplingRules',
    'xray:GetSamplingTargets',
    'xray:GetSamplingStatisticSummaries',
  ),
  CloudWatchLambdaInsightsExecutionRolePolicy: {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: 'logs:CreateLogGroup', Resource: '*' },
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: 'arn:aws:logs:*:*:log-group:/aws/lambda-insights:*',
      },
    ],
  },
  'service-role/AWSLambdaBasicExecutionRole': allow(...LOG_WRITES),
  'service-role/AWSLambdaDynamoDBExecutionRole': allow(
    'dynamodb:DescribeStream',
    'dynamodb:GetRecords',
    'dynamodb:GetShardIterator',
    'dynamodb:ListStreams',
    ...LOG_WRITES,
  ),
  'service-role/AWSLambdaSQSQueueExecutionRole': allow(
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:GetQueueAttributes',
    ...LOG_WRITES,
  ),
  'service-role/AWSLambdaVPCAccessExecutionRole': allow(
    ...LOG_WRITES,
    'ec2:CreateNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses',
    'ec2:UnassignPrivateIpAddresses',
  ),
  'service-role/AmazonAPIGatewayPushToCloudWatchLogs': allow(
    ...LOG_WRITES,
    'logs:DescribeLogGroups',
    'logs:DescribeLogStreams',
    'logs:GetLogEvents',
    'logs:FilterLogEvents',
  ),
};

/** @returns the document of an AWS managed policy; undefined when the table does not have it */
export function awsManagedPolicy(arn: string): unknown {
  return AWS_MANAGED_POLICIES[arn.replace(/^arn:aws:iam::aws:policy\//, '')];
}
