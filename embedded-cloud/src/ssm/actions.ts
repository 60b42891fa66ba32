/** The actions of Parameter Store (https://docs.aws.amazon.com/systems-manager/latest/APIReference/). */
import type { z } from 'zod';
import { type Action, AwsError, type Call, type Cloud } from '../service.ts';
import * as requests from './requests.ts';
import type { Parameter, ParameterStore } from './store.ts';

/** Value limits: 4 KB for standard parameters, 8 KB for advanced ones. */
const LARGEST = { Standard: 4096, Advanced: 8192 };

export function parameterArn(cloud: Cloud, name: string): string {
  return `arn:${cloud.partition}:ssm:${cloud.region}:${cloud.accountId}:parameter/${name.replace(/^\//, '')}`;
}

/** Writes the next version. @throws AwsError as PutParameter documents */
export function putParameter(
  cloud: Cloud,
  store: ParameterStore,
  request: z.infer<typeof requests.PutParameter>,
  writer: string,
): Parameter {
  const previous = store.find(request.Name);
  if (previous && !request.Overwrite)
    throw new AwsError(
      'ParameterAlreadyExists',
      'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
    );
  const type = request.Type ?? previous?.type;
  if (!type)
    throw new AwsError('ValidationException', 'A parameter type is required when you create a parameter.');
  if (previous && previous.type !== type && [previous.type, type].includes('SecureString'))
    throw new AwsError(
      'HierarchyTypeMismatchException',
      `The parameter ${request.Name} is a ${previous.type}.`,
    );
  const large = Buffer.byteLength(request.Value) > LARGEST.Standard;
  const tier = request.Tier === 'Intelligent-Tiering' ? (large ? 'Advanced' : 'Standard') : request.Tier;
  if (Buffer.byteLength(request.Value) > LARGEST[tier])
    throw new AwsError('ValidationException', `A ${tier} parameter can have at most ${LARGEST[tier]} bytes.`);
  const pattern = request.AllowedPattern ?? previous?.allowed_pattern ?? null;
  if (pattern !== null && !new RegExp(pattern).test(request.Value))
    throw new AwsError(
      'ParameterPatternMismatchException',
      `Parameter value, cannot be validated against allowedPattern: ${pattern}`,
    );
  const parameter: Parameter = {
    name: request.Name,
    version: (previous?.version ?? 0) + 1,
    type,
    value: request.Value,
    description: request.Description ?? previous?.description ?? null,
    key_id: type === 'SecureString' ? (request.KeyId ?? previous?.key_id ?? 'alias/aws/ssm') : null,
    tier,
    data_type: request.DataType,
    allowed_pattern: pattern,
    modified: cloud.now(),
    modified_by: writer,
  };
  store.put(parameter);
  return parameter;
}

export function parameterActions(cloud: Cloud, store: ParameterStore): Record<string, Action> {
  const authorize = (call: Call, action: string, name: string, more: Record<string, boolean> = {}) => {
    const tags = Object.entries(store.tags(name)).flatMap(([key, value]) => [
      [`aws:ResourceTag/${key}`, value],
      [`ssm:resourceTag/${key}`, value],
    ]);
    call.authorize(`ssm:${action}`, parameterArn(cloud, name), {
      values: { ...Object.fromEntries(tags), ...more },
    });
  };
  /** Without `WithDecryption` a secure string comes as ciphertext, which is of no use to anyone here. */
  const shown = (parameter: Parameter, decrypt: boolean, selector = '') => ({
    Name: parameter.name,
    Type: parameter.type,
    Value:
      parameter.type === 'SecureString' && !decrypt
        ? Buffer.from(`sealed:${parameter.name}:${parameter.version}`).toString('base64')
        : parameter.value,
    Version: parameter.version,
    ...(selector ? { Selector: selector } : {}),
    LastModifiedDate: parameter.modified / 1000,
    ARN: parameterArn(cloud, parameter.name),
    DataType: parameter.data_type,
  });
  const missing = (name: string) => new AwsError('ParameterNotFound', `Parameter ${name} not found.`);

  return {
    GetParameter(input, call) {
      const { Name, WithDecryption } = requests.parsed(requests.GetParameter, input);
      const { name, version, selector } = reference(Name);
      authorize(call, 'GetParameter', name);
      const parameter = store.find(name, version);
      if (parameter) return { Parameter: shown(parameter, WithDecryption, selector) };
      if (version === undefined || !store.find(name)) throw missing(name);
      throw new AwsError(
        'ParameterVersionNotFound',
        `Systems Manager could not find version ${version} of ${name}.`,
      );
    },
    GetParameters(input, call) {
      const { Names, WithDecryption } = requests.parsed(requests.GetParameters, input);
      const asked = Names.map((Name) => ({ Name, ...reference(Name) }));
      for (const { name } of asked) authorize(call, 'GetParameters', name);
      const found = asked.map((each) => ({ ...each, parameter: store.find(each.name, each.version) }));
      return {
        Parameters: found.flatMap(({ parameter, selector }) =>
          parameter ? shown(parameter, WithDecryption, selector) : [],
        ),
        InvalidParameters: found.flatMap(({ parameter, Name }) => (parameter ? [] : Name)),
      };
    },
    GetParametersByPath(input, call) {
      const request = requests.parsed(requests.GetParametersByPath, input);
      const path = request.Path.endsWith('/') ? request.Path : `${request.Path}/`;
      authorize(call, 'GetParametersByPath', request.Path, { 'ssm:Recursive': request.Recursive });
      const below = store
        .all()
        .filter(({ name }) => name.startsWith(path))
        .filter(({ name }) => request.Recursive || !name.slice(path.length).includes('/'))
        .filter((parameter) => passes(parameter, request.ParameterFilters));
      const { page, ...next } = paged(below, request);
      return { Parameters: page.map((parameter) => shown(parameter, request.WithDecryption)), ...next };
    },
    PutParameter(input, call) {
      const request = requests.parsed(requests.PutParameter, input);
      authorize(call, 'PutParameter', request.Name, { 'ssm:Overwrite': request.Overwrite });
      const { version, tier, name } = putParameter(cloud, store, request, call.principal.arn);
      store.tag(name, Object.fromEntries(request.Tags.map(({ Key, Value }) => [Key, Value])));
      return { Version: version, Tier: tier };
    },
    DeleteParameter(input, call) {
      const { Name } = requests.parsed(requests.DeleteParameter, input);
      authorize(call, 'DeleteParameter', Name);
      if (!store.remove(Name)) throw missing(Name);
      return {};
    },
    DeleteParameters(input, call) {
      const { Names } = requests.parsed(requests.DeleteParameters, input);
      for (const name of Names) authorize(call, 'DeleteParameters', name);
      const deleted = Names.filter((name) => store.remove(name));
      return {
        DeletedParameters: deleted,
        InvalidParameters: Names.filter((name) => !deleted.includes(name)),
      };
    },
    DescribeParameters(input, call) {
      const request = requests.parsed(requests.DescribeParameters, input);
      call.authorize('ssm:DescribeParameters', '*');
      const found = store.all().filter((parameter) => passes(parameter, request.ParameterFilters));
      const { page, ...next } = paged(found, request);
      const described = page.map(({ description, key_id, allowed_pattern, ...parameter }) => ({
        Name: parameter.name,
        ARN: parameterArn(cloud, parameter.name),
        Type: parameter.type,
        Version: parameter.version,
        Tier: parameter.tier,
        DataType: parameter.data_type,
        LastModifiedDate: parameter.modified / 1000,
        LastModifiedUser: parameter.modified_by,
        Policies: [],
        ...(description === null ? {} : { Description: description }),
        ...(key_id === null ? {} : { KeyId: key_id }),
        ...(allowed_pattern === null ? {} : { AllowedPattern: allowed_pattern }),
      }));
      return { Parameters: described, ...next };
    },
    AddTagsToResource(input, call) {
      const { ResourceId, Tags } = requests.parsed(requests.AddTags, input);
      authorize(call, 'AddTagsToResource', ResourceId);
      if (!store.find(ResourceId))
        throw new AwsError('InvalidResourceId', `There is no parameter ${ResourceId}.`);
      store.tag(ResourceId, Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])));
      return {};
    },
    RemoveTagsFromResource(input, call) {
      const { ResourceId, TagKeys } = requests.parsed(requests.RemoveTags, input);
      authorize(call, 'RemoveTagsFromResource', ResourceId);
      store.untag(ResourceId, TagKeys);
      return {};
    },
    ListTagsForResource(input, call) {
      const { ResourceId } = requests.parsed(requests.Tagged, input);
      authorize(call, 'ListTagsForResource', ResourceId);
      return { TagList: Object.entries(store.tags(ResourceId)).map(([Key, Value]) => ({ Key, Value })) };
    },
  };
}

/** `name`, `name:3` or an ARN of either. Labels of versions are not kept here, so `:label` finds nothing. */
function reference(asked: string): { name: string; version: number | undefined; selector: string } {
  const plain = asked.replace(/^arn:[^:]*:ssm:[^:]*:[^:]*:parameter(?=\/)/, '');
  const [name = '', selector] = plain.split(':');
  if (selector === undefined) return { name, version: undefined, selector: '' };
  return { name, version: /^\d+$/.test(selector) ? Number(selector) : -1, selector: `:${selector}` };
}

function passes(parameter: Parameter, filters: readonly z.infer<typeof requests.Filter>[]): boolean {
  return filters.every(({ Key, Option, Values }) => {
    if (Key === 'Path') {
      const deep = Option === 'Recursive';
      return Values.some((path) => {
        const rest = parameter.name.startsWith(`${path}/`)
          ? parameter.name.slice(path.length + 1)
          : undefined;
        return rest !== undefined && (deep || !rest.includes('/'));
      });
    }
    const members: Record<string, string | null> = {
      Name: parameter.name,
      Type: parameter.type,
      KeyId: parameter.key_id,
      Tier: parameter.tier,
      DataType: parameter.data_type,
    };
    if (!Object.hasOwn(members, Key))
      throw new AwsError('InvalidFilterKey', `The filter key ${Key} is not supported here.`);
    const member = members[Key] ?? '';
    return Values.some((value) =>
      Option === 'BeginsWith'
        ? member.startsWith(value)
        : Option === 'Contains'
          ? member.includes(value)
          : member === value,
    );
  });
}

function paged<T>(
  found: readonly T[],
  { MaxResults, NextToken }: { MaxResults: number; NextToken?: string | undefined },
) {
  const start = Number(NextToken ?? 0);
  const end = start + MaxResults;
  return { page: found.slice(start, end), ...(end < found.length ? { NextToken: String(end) } : {}) };
}
