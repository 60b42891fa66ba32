/**
 * Resource types that change nothing about how a system behaves on a laptop, each with the reason why it is accepted
 * without being made. A type that is neither here nor made by a service is refused by name.
 */
import type { Materialized, ResourceRequest } from '../service.ts';

const OBSERVES = 'it observes; nothing depends on it';
const NOTIFIES = 'it sends to people; nobody subscribes locally';

const INERT_TYPES: readonly (readonly [type: RegExp, reason: string])[] = [
  [/^AWS::CDK::Metadata$/, 'usage data for the CDK team'],
  [/^AWS::CloudFormation::WaitConditionHandle$/, 'a placeholder that does nothing in AWS either'],
  [/^AWS::CloudWatch::(Alarm|CompositeAlarm|Dashboard|AnomalyDetector)$/, OBSERVES],
  [/^AWS::XRay::(Group|SamplingRule|TransactionSearchConfig)$/, OBSERVES],
  [/^AWS::Logs::(MetricFilter|QueryDefinition)$/, OBSERVES],
  [/^AWS::SNS::(Topic|TopicPolicy|Subscription)$/, NOTIFIES],
  [/^AWS::Budgets::Budget$/, 'nothing costs money locally'],
  [/^AWS::ResourceGroups::Group$/, OBSERVES],
  [/^AWS::ApiGateway::Account$/, 'names the role for access logs, an account-wide setting'],
  [/^AWS::IAM::(OIDCProvider|ServiceLinkedRole)$/, 'nothing outside of the laptop assumes roles'],
  [/^Custom::S3AutoDeleteObjects$/, 'it acts when a stack is deleted, and nothing deletes one locally'],
];

/** @returns why a type is accepted without being made; undefined when it is not */
export function inertReason(type: string): string | undefined {
  return INERT_TYPES.find(([pattern]) => pattern.test(type))?.[1];
}

/** `Ref` and the usual attributes, so that other resources can name it. */
export function inertResource(request: ResourceRequest, accountId: string, region: string): Materialized {
  const { type, generatedName, properties } = request;
  const [, service = '', kind = ''] = type.split('::');
  const given = [`${kind}Name`, 'Name']
    .map((key) => properties[key])
    .find((value) => typeof value === 'string');
  const name = typeof given === 'string' ? given : generatedName;
  const arn =
    type === 'AWS::SNS::Topic'
      ? `arn:aws:sns:${region}:${accountId}:${name}`
      : type === 'AWS::IAM::OIDCProvider'
        ? `arn:aws:iam::${accountId}:oidc-provider/${String(properties.Url ?? '').replace('https://', '')}`
        : type === 'AWS::CloudWatch::Alarm'
          ? `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}`
          : `arn:aws:${service.toLowerCase()}:${region}:${accountId}:${kind.toLowerCase()}/${name}`;
  const referredByArn = type === 'AWS::SNS::Topic' || type === 'AWS::IAM::OIDCProvider';
  return {
    ref: referredByArn ? arn : name,
    attributes: { Arn: arn, TopicArn: arn, TopicName: name, Id: name },
  };
}
