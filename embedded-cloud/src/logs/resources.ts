/** The template's resources of CloudWatch Logs. */
import { z } from 'zod';
import { notImplemented, type ResourceProvider } from '../service.ts';
import { groupArn } from './arn.ts';
import { type LogsContext, requireGroup } from './context.ts';
import { groupName, retentionDays } from './groups.ts';
import { parseInput } from './input.ts';
import { streamName } from './streams.ts';

const groupProperties = z.object({
  LogGroupName: groupName.optional(),
  RetentionInDays: z.coerce.number().optional(),
});
const streamProperties = z.object({ LogGroupName: groupName, LogStreamName: streamName.optional() });
const policyProperties = z.object({
  PolicyName: z.string(),
  // A JSON text by the specification; the L1 construct also takes an object.
  PolicyDocument: z.union([z.string(), z.record(z.string(), z.unknown())]),
});

export function logsResources(context: LogsContext): Record<string, ResourceProvider> {
  const { cloud, store } = context;
  return {
    'AWS::Logs::LogGroup'(request) {
      const properties = parseInput(groupProperties, request.properties);
      const name = properties.LogGroupName ?? request.generatedName;
      store.addGroup(name, cloud.now());
      const days = properties.RetentionInDays;
      store.setRetention(requireGroup(context, name), days === undefined ? null : retentionDays(days));
      return { ref: name, attributes: { Arn: groupArn(cloud, name) } };
    },
    'AWS::Logs::LogStream'(request) {
      const properties = parseInput(streamProperties, request.properties);
      const name = properties.LogStreamName ?? request.generatedName;
      store.addStream(requireGroup(context, properties.LogGroupName).id, name, cloud.now());
      return { ref: name, attributes: {} };
    },
    'AWS::Logs::ResourcePolicy'(request) {
      const { PolicyName, PolicyDocument } = parseInput(policyProperties, request.properties);
      const document = typeof PolicyDocument === 'string' ? PolicyDocument : JSON.stringify(PolicyDocument);
      JSON.parse(document);
      store.putPolicy(PolicyName, document, cloud.now());
      return { ref: PolicyName, attributes: {} };
    },
    'AWS::Logs::SubscriptionFilter'() {
      throw notImplemented('logs', 'subscription filters (AWS::Logs::SubscriptionFilter)');
    },
  };
}
