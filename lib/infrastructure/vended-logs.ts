import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/**
 * A group for logs that an AWS service delivers itself. Each such group takes its place in one resource policy of the
 * account and region, which may have 5,120 characters; only groups below `/aws/vendedlogs/` are taken together there
 * (Step Functions developer guide, "Avoiding Amazon CloudWatch Logs resource policy size restrictions"; CloudFormation's
 * AWS::Cognito::LogDeliveryConfiguration says the same).
 * @param name below the installation's own prefix
 */
export function vendedLogs(scope: Construct, id: string, name: string): LogGroup {
  return new LogGroup(scope, id, {
    logGroupName: `/aws/vendedlogs/${Stack.of(scope).stackName}/${name}`,
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
}
