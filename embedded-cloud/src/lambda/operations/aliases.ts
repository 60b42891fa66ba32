/** Aliases, which lead to one version or share their invocations out between two. */
import { z } from 'zod';
import type { Action, Call } from '../../service.ts';
import {
  checkRevision,
  conflict,
  functionArn,
  invalidParameter,
  type Lambda,
  load,
  newRevision,
  notFound,
  parse,
} from '../context.ts';
import { parseFunctionName } from '../function-name.ts';
import type { Alias, FunctionRecord } from '../records.ts';
import { versionOf } from '../resolve.ts';
import { pageOf, pageSchema } from './versions.ts';

const routing = z.object({
  AdditionalVersionWeights: z
    .record(
      z.string().regex(/^[0-9]+$/, 'Map keys must satisfy constraint: [0-9]+'),
      z.number().min(0).max(1),
    )
    .default({}),
});

const aliasSchema = z.looseObject({
  FunctionName: z.string(),
  Name: z
    .string()
    .regex(/^(?!^[0-9]+$)([a-zA-Z0-9-_]+)$/, 'an alias is letters, digits, - and _, and not a number'),
  FunctionVersion: z
    .string()
    .regex(/^(\$LATEST|[0-9]+)$/, 'Member must satisfy regular expression pattern: (\\$LATEST|[0-9]+)')
    .optional(),
  Description: z.string().max(256).optional(),
  RoutingConfig: routing.optional(),
  RevisionId: z.string().optional(),
});

export function aliasOperations(lambda: Lambda): Record<string, Action> {
  return {
    CreateAlias: (input, call) => createAlias(lambda, input, call),
    UpdateAlias: (input, call) => updateAlias(lambda, input, call),
    GetAlias: (input, call) => {
      const request = parse(aliasSchema, input);
      const record = load(lambda, call, 'GetAlias', parseFunctionName(request.FunctionName));
      return describeAlias(lambda, record, request.Name);
    },
    ListAliases: (input, call) => {
      const request = parse(pageSchema, input);
      const record = load(lambda, call, 'ListAliases', parseFunctionName(request.FunctionName));
      const wanted = request.FunctionVersion;
      const names = Object.keys(record.aliases).filter(
        (name) => !wanted || record.aliases[name]?.version === wanted,
      );
      const { page, next } = pageOf(names.sort(), request.Marker, request.MaxItems);
      return { Aliases: page.map((name) => describeAlias(lambda, record, name)), ...next };
    },
    DeleteAlias: (input, call) => {
      const request = parse(aliasSchema, input);
      const record = load(lambda, call, 'DeleteAlias', parseFunctionName(request.FunctionName));
      const { [request.Name]: _alias, ...aliases } = record.aliases;
      const { [request.Name]: _url, ...urls } = record.urls;
      const { [request.Name]: _policy, ...policies } = record.policies;
      lambda.store.save({ ...record, aliases, urls, policies });
      return {};
    },
  };
}

function aliasArn(lambda: Lambda, record: FunctionRecord, alias: string): string {
  return functionArn(lambda, { name: record.name, qualifier: alias });
}

function describeAlias(lambda: Lambda, record: FunctionRecord, name: string): unknown {
  const alias = record.aliases[name];
  if (!alias) throw notFound(`Cannot find alias arn: ${aliasArn(lambda, record, name)}`);
  return {
    AliasArn: aliasArn(lambda, record, name),
    Name: name,
    FunctionVersion: alias.version,
    Description: alias.description,
    RevisionId: alias.revisionId,
    ...(Object.keys(alias.weights).length > 0 && {
      RoutingConfig: { AdditionalVersionWeights: alias.weights },
    }),
  };
}

/**
 * The rules of a weighted alias (https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html): at most two
 * versions, both published, with the same execution role.
 */
export function checkAlias(lambda: Lambda, record: FunctionRecord, alias: Alias): void {
  const main = versionOf(lambda, record, alias.version, alias.version);
  const weights = Object.keys(alias.weights);
  const others = weights.map((version) => versionOf(lambda, record, version, version));
  if (weights.length > 1)
    throw invalidParameter('Number of items in AdditionalVersionWeights cannot be greater than 1');
  if (weights.length > 0 && alias.version === '$LATEST')
    throw invalidParameter('$LATEST is not supported for an alias pointing to more than 1 version');
  if (weights.includes(alias.version)) {
    throw invalidParameter(
      `Invalid function version ${alias.version}. Function version ${alias.version} is already included in routing configuration.`,
    );
  }
  for (const { version, settings } of others) {
    if (settings.role === main.settings.role) continue;
    throw invalidParameter(
      `Versions ${alias.version} and ${version} have different execution roles. An alias can point to two versions only when their roles are the same.`,
    );
  }
}

function createAlias(lambda: Lambda, input: unknown, call: Call): unknown {
  const request = parse(aliasSchema.required({ FunctionVersion: true }), input);
  const record = load(lambda, call, 'CreateAlias', parseFunctionName(request.FunctionName));
  if (record.aliases[request.Name]) {
    throw conflict(`Alias already exists: ${aliasArn(lambda, record, request.Name)}`);
  }
  return saveAlias(lambda, record, request.Name, {
    version: request.FunctionVersion,
    description: request.Description ?? '',
    weights: request.RoutingConfig?.AdditionalVersionWeights ?? {},
  });
}

function updateAlias(lambda: Lambda, input: unknown, call: Call): unknown {
  const request = parse(aliasSchema, input);
  const record = load(lambda, call, 'UpdateAlias', parseFunctionName(request.FunctionName));
  const current = record.aliases[request.Name];
  if (!current) throw notFound(`Cannot find alias arn: ${aliasArn(lambda, record, request.Name)}`);
  checkRevision(request.RevisionId, current.revisionId);
  return saveAlias(lambda, record, request.Name, {
    version: request.FunctionVersion ?? current.version,
    description: request.Description ?? current.description,
    weights: request.RoutingConfig?.AdditionalVersionWeights ?? current.weights,
  });
}

function saveAlias(
  lambda: Lambda,
  record: FunctionRecord,
  name: string,
  settings: Omit<Alias, 'revisionId'>,
): unknown {
  const alias: Alias = { ...settings, revisionId: newRevision() };
  checkAlias(lambda, record, alias);
  const saved = lambda.store.save({ ...record, aliases: { ...record.aliases, [name]: alias } });
  return describeAlias(lambda, saved, name);
}
