/** AWS::Lambda::Function, ::Version and ::Alias of a template. */
import { z } from 'zod';
import type { Materialized, ResourceProvider, ResourceRequest } from '../../service.ts';
import { codeFromAsset, codeFromSource } from '../code.ts';
import { functionArn, invalidParameter, type Lambda, newRevision, parse } from '../context.ts';
import { parseFunctionName } from '../function-name.ts';
import { checkAlias } from '../operations/aliases.ts';
import { publish } from '../operations/versions.ts';
import type { Alias, Code, FunctionRecord, Version } from '../records.ts';
import { mergeSettings, requestedSettings } from '../settings.ts';

const codeSchema = z.looseObject({
  S3Bucket: z.string().optional(),
  S3Key: z.string().optional(),
  ZipFile: z.string().optional(),
  ImageUri: z.string().optional(),
});

const functionSchema = requestedSettings.extend({
  FunctionName: z.string().optional(),
  Runtime: z.string(),
  Handler: z.string(),
  Role: z.string(),
  Code: codeSchema,
  ReservedConcurrentExecutions: z.coerce.number().int().min(0).optional(),
  Tags: z.array(z.object({ Key: z.string(), Value: z.coerce.string() })).default([]),
});

const versionSchema = z.looseObject({ FunctionName: z.string(), Description: z.string().optional() });

const aliasSchema = z.looseObject({
  FunctionName: z.string(),
  FunctionVersion: z.string(),
  Name: z.string(),
  Description: z.string().optional(),
  RoutingConfig: z
    .object({
      AdditionalVersionWeights: z
        .array(z.object({ FunctionVersion: z.string(), FunctionWeight: z.coerce.number() }))
        .default([]),
    })
    .optional(),
});

export function functionResources(lambda: Lambda, seen: Set<string>): Record<string, ResourceProvider> {
  return {
    'AWS::Lambda::Function': (request) => makeFunction(lambda, seen, request),
    'AWS::Lambda::Version': (request) => makeVersion(lambda, request),
    'AWS::Lambda::Alias': (request) => makeAlias(lambda, request),
  };
}

async function makeFunction(
  lambda: Lambda,
  seen: Set<string>,
  request: ResourceRequest,
): Promise<Materialized> {
  if (request.properties.PackageType === 'Image') {
    throw invalidParameter(
      `${request.logicalId} has PackageType Image. The embedded cloud makes functions of a template from zip packages; those from images are made by CreateFunction, once their image is in the registry.`,
    );
  }
  const properties = parse(functionSchema, request.properties);
  const name = properties.FunctionName ?? shortName(request.generatedName);
  const settings = mergeSettings(properties);
  lambda.cloud.role(properties.Role, 'lambda.amazonaws.com');
  const code = await codeOf(lambda, request.logicalId, properties.Code);
  const current = lambda.store.find(name);
  const latest = bringInLine(current?.latest, { settings, code });
  seen.add(name);
  // Permissions, URLs and invoke settings are resources of their own: the template makes them anew after this one, and
  // what it no longer has must not stay.
  const record: FunctionRecord = {
    name,
    origin: 'template',
    latest,
    versions: current?.versions ?? [],
    nextVersion: current?.nextVersion ?? 1,
    aliases: current?.aliases ?? {},
    urls: {},
    policies: {},
    invokeConfigs: {},
    tags: Object.fromEntries(properties.Tags.map(({ Key, Value }) => [Key, Value])),
    ...(properties.ReservedConcurrentExecutions !== undefined && {
      reservedConcurrency: properties.ReservedConcurrentExecutions,
    }),
  };
  lambda.store.save(record);
  const Arn = functionArn(lambda, { name, qualifier: '' });
  return { ref: name, attributes: { Arn } };
}

/** A function's name has at most 64 characters: the generated one keeps its start and its hash. */
function shortName(generated: string): string {
  return generated.length <= 64 ? generated : `${generated.slice(0, 55)}${generated.slice(-9)}`;
}

function bringInLine(current: Version | undefined, wanted: Pick<Version, 'settings' | 'code'>): Version {
  const same =
    current &&
    JSON.stringify([current.settings, current.code]) === JSON.stringify([wanted.settings, wanted.code]);
  if (same) return { ...withoutFormer(current), state: 'Active', lastUpdateStatus: 'Successful' };
  return {
    ...wanted,
    version: '$LATEST',
    lastModified: new Date().toISOString(),
    revisionId: newRevision(),
    state: 'Active',
    lastUpdateStatus: 'Successful',
  };
}

const withoutFormer = ({ former: _former, ...version }: Version): Version => version;

async function codeOf(
  lambda: Lambda,
  logicalId: string,
  location: z.infer<typeof codeSchema>,
): Promise<Code> {
  if (location.ZipFile !== undefined) return codeFromSource(lambda.cloud, location.ZipFile);
  const { S3Bucket, S3Key } = location;
  const code = S3Bucket && S3Key ? await codeFromAsset(lambda.cloud, S3Bucket, S3Key) : undefined;
  if (!code) throw invalidParameter(`The code of ${logicalId} is neither an asset of this app nor inline.`);
  return code;
}

function makeVersion(lambda: Lambda, request: ResourceRequest): Materialized {
  const properties = parse(versionSchema, request.properties);
  const { name } = parseFunctionName(properties.FunctionName);
  const record = lambda.store.get(name, properties.FunctionName);
  const published = publish(lambda, record, { Description: properties.Description });
  const { FunctionArn, Version } = parse(
    z.looseObject({ FunctionArn: z.string(), Version: z.string() }),
    published,
  );
  return { ref: FunctionArn, attributes: { Version, FunctionArn } };
}

function makeAlias(lambda: Lambda, request: ResourceRequest): Materialized {
  const properties = parse(aliasSchema, request.properties);
  const { name } = parseFunctionName(properties.FunctionName);
  const record = lambda.store.get(name, properties.FunctionName);
  const routing = properties.RoutingConfig?.AdditionalVersionWeights ?? [];
  const alias: Alias = {
    version: properties.FunctionVersion,
    description: properties.Description ?? '',
    revisionId: newRevision(),
    weights: Object.fromEntries(routing.map((one) => [one.FunctionVersion, one.FunctionWeight])),
  };
  checkAlias(lambda, record, alias);
  lambda.store.save({ ...record, aliases: { ...record.aliases, [properties.Name]: alias } });
  const arn = functionArn(lambda, { name, qualifier: properties.Name });
  return { ref: arn, attributes: { AliasArn: arn } };
}
