/** Published versions and aliases. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Action, Call } from '../../service.ts';
import { configurationOf } from '../configuration.ts';
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
import type { Alias, FunctionRecord, Version } from '../records.ts';
import { resolveVersion } from '../resolve.ts';
import { requireSettled } from '../transitions.ts';

const publishSchema = z.looseObject({
  FunctionName: z.string(),
  CodeSha256: z.string().optional(),
  Description: z.string().max(256).optional(),
  RevisionId: z.string().optional(),
});

const routing = z.object({
  AdditionalVersionWeights: z.record(z.string(), z.number().min(0).max(1)).default({}),
});

const aliasSchema = z.looseObject({
  FunctionName: z.string(),
  Name: z
    .string()
    .regex(/^(?!^[0-9]+$)([a-zA-Z0-9-_]+)$/, 'an alias is letters, digits, - and _, and not a number'),
  FunctionVersion: z.string().optional(),
  Description: z.string().max(256).optional(),
  RoutingConfig: routing.optional(),
  RevisionId: z.string().optional(),
});

const pageSchema = z.looseObject({
  FunctionName: z.string(),
  FunctionVersion: z.string().optional(),
  Marker: z.string().optional(),
  MaxItems: z.coerce.number().int().min(1).max(10_000).default(50),
});

export function versionOperations(lambda: Lambda): Record<string, Action> {
  return {
    PublishVersion: (input, call) => {
      const request = parse(publishSchema, input);
      const record = load(lambda, call, 'PublishVersion', parseFunctionName(request.FunctionName));
      requireSettled(lambda, record);
      return publish(lambda, record, request);
    },
    ListVersionsByFunction: (input, call) => {
      const request = parse(pageSchema, input);
      const record = load(lambda, call, 'ListVersionsByFunction', parseFunctionName(request.FunctionName));
      const all = [record.latest, ...record.versions];
      const { page, next } = pageOf(all, request.Marker, request.MaxItems);
      const Versions = page.map((version) => configurationOf(lambda, record, version, version.version));
      return { Versions, ...next };
    },
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

function pageOf<T>(all: readonly T[], marker: string | undefined, limit: number) {
  const from = marker === undefined ? 0 : Number.parseInt(marker, 10) || 0;
  const to = from + Math.min(limit, 50);
  return { page: all.slice(from, to), next: to < all.length ? { NextMarker: String(to) } : {} };
}

/**
 * Freezes the latest code and settings under the next number; when neither has changed since the last version, that
 * one is the answer (https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html).
 */
export function publish(
  lambda: Lambda,
  record: FunctionRecord,
  request: Partial<z.infer<typeof publishSchema>>,
): unknown {
  const { latest } = record;
  checkRevision(request.RevisionId, latest.revisionId);
  if (request.CodeSha256 !== undefined && request.CodeSha256 !== latest.code.sha256) {
    throw invalidParameter(
      `CodeSHA256 (${request.CodeSha256}) is different from current CodeSHA256 in $LATEST (${latest.code.sha256}). Please try again with the CodeSHA256 in $LATEST.`,
    );
  }
  const settings = { ...latest.settings, description: request.Description ?? latest.settings.description };
  const last = record.versions.at(-1);
  const same =
    last?.code.sha256 === latest.code.sha256 &&
    isDeepStrictEqual({ ...last.settings, description: '' }, { ...settings, description: '' });
  if (last && same) return configurationOf(lambda, record, last, last.version);
  const version: Version = {
    ...latest,
    version: String(record.nextVersion),
    settings,
    revisionId: newRevision(),
    state: 'Active',
    lastUpdateStatus: 'Successful',
  };
  lambda.store.save({
    ...record,
    versions: [...record.versions, version],
    nextVersion: record.nextVersion + 1,
  });
  return configurationOf(lambda, record, version, version.version);
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

function checkAlias(lambda: Lambda, record: FunctionRecord, alias: Alias): void {
  for (const version of [alias.version, ...Object.keys(alias.weights)])
    resolveVersion(lambda, record, version);
  const weights = Object.keys(alias.weights);
  if (weights.length > 1)
    throw invalidParameter('Number of items in AdditionalVersionWeights cannot be greater than 1');
  if (weights.length > 0 && (alias.version === '$LATEST' || weights.includes('$LATEST'))) {
    throw invalidParameter('$LATEST is not supported for an alias pointing to more than 1 version');
  }
  if (weights.includes(alias.version)) {
    throw invalidParameter('Invalid function version of the alias: it is among the additional versions too.');
  }
}

function createAlias(lambda: Lambda, input: unknown, call: Call): unknown {
  const request = parse(aliasSchema.required({ FunctionVersion: true }), input);
  const record = load(lambda, call, 'CreateAlias', parseFunctionName(request.FunctionName));
  if (record.aliases[request.Name]) {
    throw conflict(`Alias already exists: ${aliasArn(lambda, record, request.Name)}`);
  }
  const alias: Alias = {
    version: request.FunctionVersion,
    description: request.Description ?? '',
    revisionId: newRevision(),
    weights: request.RoutingConfig?.AdditionalVersionWeights ?? {},
  };
  checkAlias(lambda, record, alias);
  const saved = lambda.store.save({ ...record, aliases: { ...record.aliases, [request.Name]: alias } });
  return describeAlias(lambda, saved, request.Name);
}

function updateAlias(lambda: Lambda, input: unknown, call: Call): unknown {
  const request = parse(aliasSchema, input);
  const record = load(lambda, call, 'UpdateAlias', parseFunctionName(request.FunctionName));
  const current = record.aliases[request.Name];
  if (!current) throw notFound(`Cannot find alias arn: ${aliasArn(lambda, record, request.Name)}`);
  checkRevision(request.RevisionId, current.revisionId);
  const alias: Alias = {
    version: request.FunctionVersion ?? current.version,
    description: request.Description ?? current.description,
    revisionId: newRevision(),
    weights: request.RoutingConfig?.AdditionalVersionWeights ?? current.weights,
  };
  checkAlias(lambda, record, alias);
  const saved = lambda.store.save({ ...record, aliases: { ...record.aliases, [request.Name]: alias } });
  return describeAlias(lambda, saved, request.Name);
}
