/** The embedded Systems Manager, as far as Parameter Store goes. */
import { z } from 'zod';
import type { Cloud, Materialized, ResourceRequest, Service } from '../service.ts';
import { parameterActions, putParameter } from './actions.ts';
import { PutParameter, parsed } from './requests.ts';
import { ParameterStore } from './store.ts';

/** What `cdk bootstrap` leaves behind; templates check that it is at least 6 (https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html). */
const BOOTSTRAP_PARAMETER = '/cdk-bootstrap/hnb659fds/version';
const BOOTSTRAP_VERSION = '21';

const Properties = z.object({
  Name: z.string().optional(),
  // CloudFormation makes no secure strings: their value would stand in the template.
  Type: z.enum(['String', 'StringList']),
  Value: z.string(),
  Description: z.string().optional(),
  AllowedPattern: z.string().optional(),
  Tier: z.string().optional(),
  DataType: z.string().optional(),
  Tags: z.record(z.string(), z.string()).default({}),
});

export function ssm(cloud: Cloud): Service {
  const store = new ParameterStore(cloud.stateDir('ssm'));

  const provide = (request: ResourceRequest): Materialized => {
    const { Tags, Name = request.generatedName, ...properties } = parsed(Properties, request.properties);
    const existing = store.find(Name);
    const same =
      existing?.value === properties.Value &&
      existing.type === properties.Type &&
      existing.description === (properties.Description ?? null);
    if (!same) {
      if (existing && existing.type !== properties.Type) store.remove(Name);
      const put = parsed(PutParameter, { ...properties, Name, Overwrite: true });
      putParameter(cloud, store, put, 'cloudformation.amazonaws.com');
    }
    store.untag(Name, Object.keys(store.tags(Name)));
    store.tag(Name, Tags);
    return { ref: Name, attributes: { Type: properties.Type, Value: properties.Value } };
  };

  if (store.find(BOOTSTRAP_PARAMETER) === undefined) {
    const put = parsed(PutParameter, { Name: BOOTSTRAP_PARAMETER, Value: BOOTSTRAP_VERSION, Type: 'String' });
    putParameter(cloud, store, put, 'cloudformation.amazonaws.com');
  }
  const actions = parameterActions(cloud, store);
  return {
    name: 'ssm',
    actions,
    resources: { 'AWS::SSM::Parameter': provide },
    stop: () => store.database.close(),
  };
}
