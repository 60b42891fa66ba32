/** Create, read, update and delete functions. */
import { z } from 'zod';
import type { Action, Call } from '../../service.ts';
import { codeFromBase64, codeFromS3 } from '../code.ts';
import { configurationOf } from '../configuration.ts';
import {
  authorize,
  checkRevision,
  conflict,
  functionArn,
  invalidParameter,
  type Lambda,
  load,
  newRevision,
  parse,
  requestTagValues,
  targetSchema,
} from '../context.ts';
import { parseFunctionName } from '../function-name.ts';
import type { FunctionUrls } from '../function-urls.ts';
import { codeFromImage } from '../image/describe.ts';
import { checkPackage, checkStart } from '../image/image-config.ts';
import type { Code, FunctionRecord, Settings, Version } from '../records.ts';
import { resolveVersion } from '../resolve.ts';
import { mergeSettings, requestedSettings, requirePassRole } from '../settings.ts';
import { requireSettled, settleLater, updated } from '../transitions.ts';
import { deleteFunction } from './delete-function.ts';
import { publish } from './versions.ts';

const codeLocation = z.looseObject({
  ZipFile: z.string().optional(),
  S3Bucket: z.string().optional(),
  S3Key: z.string().optional(),
  S3ObjectVersion: z.string().optional(),
  ImageUri: z.string().optional(),
});

const createSchema = requestedSettings.extend({
  FunctionName: z.string(),
  Role: z.string(),
  Code: codeLocation,
  Publish: z.boolean().optional(),
  Tags: z.record(z.string(), z.string()).default({}),
});

const updateCodeSchema = codeLocation.extend({
  FunctionName: z.string(),
  Publish: z.boolean().optional(),
  DryRun: z.boolean().optional(),
  RevisionId: z.string().optional(),
  Architectures: requestedSettings.shape.Architectures,
});

const updateSettingsSchema = requestedSettings.extend({
  FunctionName: z.string(),
  RevisionId: z.string().optional(),
});

const listSchema = z.looseObject({
  Marker: z.string().optional(),
  MaxItems: z.coerce.number().int().min(1).max(10_000).default(50),
  FunctionVersion: z.enum(['ALL']).optional(),
});

/** Lambda returns at most 50 functions a page. */
const PAGE_LIMIT = 50;

export function functionOperations(lambda: Lambda, urls: FunctionUrls): Record<string, Action> {
  return {
    CreateFunction: (input, call) => createFunction(lambda, input, call),
    UpdateFunctionCode: (input, call) => updateCode(lambda, input, call),
    UpdateFunctionConfiguration: (input, call) => updateSettings(lambda, input, call),
    GetFunction: (input, call) => getFunction(lambda, input, call),
    GetFunctionConfiguration: (input, call) => {
      const { record, version, qualifier } = find(lambda, input, call, 'GetFunctionConfiguration');
      return configurationOf(lambda, record, version, qualifier);
    },
    ListFunctions: (input, call) => listFunctions(lambda, input, call),
    DeleteFunction: (input, call) => deleteFunction(lambda, urls, input, call),
  };
}

async function createFunction(lambda: Lambda, input: unknown, call: Call): Promise<unknown> {
  const request = parse(createSchema, input);
  const target = parseFunctionName(request.FunctionName);
  authorize(lambda, call, 'CreateFunction', target, requestTagValues(request.Tags));
  requirePassRole(call, request.Role);
  lambda.cloud.role(request.Role, 'lambda.amazonaws.com');
  const isImage = request.PackageType === 'Image';
  checkPackage(request, isImage);
  for (const name of isImage ? [] : (['Runtime', 'Handler'] as const)) {
    if (!request[name])
      throw invalidParameter(`${name} is mandatory for functions created with deployment packages.`);
  }
  const settings = mergeSettings(request);
  refuseExisting(lambda, target.name);
  const code = await codeOf(lambda, call, request.Code, { name: target.name, settings, isImage });
  checkStart(code, settings);
  refuseExisting(lambda, target.name);
  const latest: Version = {
    version: '$LATEST',
    settings,
    code,
    lastModified: new Date().toISOString(),
    revisionId: newRevision(),
    state: 'Pending',
    lastUpdateStatus: 'Successful',
  };
  const empty = { versions: [], nextVersion: 1, aliases: {}, urls: {}, policies: {}, invokeConfigs: {} };
  const record: FunctionRecord = { name: target.name, origin: 'api', latest, ...empty, tags: request.Tags };
  lambda.store.save(record);
  settleLater(lambda, record.name);
  if (request.Publish) return publish(lambda, record, {});
  return configurationOf(lambda, record, latest);
}

function refuseExisting(lambda: Lambda, name: string): void {
  if (lambda.store.find(name)) throw conflict(`Function already exist: ${name}`);
}

interface CodeFor {
  readonly name: string;
  readonly settings: Settings;
  readonly isImage: boolean;
}

function codeOf(
  lambda: Lambda,
  call: Call,
  location: z.infer<typeof codeLocation>,
  { name, settings: { architectures }, isImage }: CodeFor,
): Promise<Code> {
  const { ZipFile, S3Bucket, S3Key, S3ObjectVersion, ImageUri: uri } = location;
  const hasZip = ZipFile !== undefined || S3Bucket !== undefined;
  if (isImage ? uri === undefined || hasZip : uri !== undefined) {
    const [wanted, unwanted] = isImage ? ['ImageUri', 'a zip'] : ['a zip', 'ImageUri'];
    throw invalidParameter(
      `Please provide ${wanted}, and not ${unwanted}, for a function with PackageType ${isImage ? 'Image' : 'Zip'}.`,
    );
  }
  if (uri !== undefined) return codeFromImage(lambda, call, { name, uri, architectures });
  if (ZipFile !== undefined) return codeFromBase64(lambda.cloud, ZipFile);
  if (S3Bucket && S3Key) return codeFromS3(lambda.cloud, call, S3Bucket, S3Key, S3ObjectVersion);
  throw invalidParameter('Please provide a source for function code.');
}

async function updateCode(lambda: Lambda, input: unknown, call: Call): Promise<unknown> {
  const request = parse(updateCodeSchema, input);
  const target = parseFunctionName(request.FunctionName);
  const before = load(lambda, call, 'UpdateFunctionCode', target);
  requireSettled(lambda, before);
  checkRevision(request.RevisionId, before.latest.revisionId);
  const isImage = before.latest.code.image !== undefined;
  const wanted = (settings: Settings) => ({
    ...settings,
    ...(request.Architectures && { architectures: request.Architectures }),
  });
  const forFunction = { name: target.name, settings: wanted(before.latest.settings), isImage };
  const code = await codeOf(lambda, call, request, forFunction);
  // Reading the code took time: what is changed is the function as it is now.
  const current = lambda.store.get(target.name, functionArn(lambda, target));
  requireSettled(lambda, current);
  checkRevision(request.RevisionId, current.latest.revisionId);
  const settings = wanted(current.latest.settings);
  checkStart(code, settings);
  const record = updated(current, { code, settings });
  if (request.DryRun)
    return configurationOf(lambda, record, { ...record.latest, lastUpdateStatus: 'Successful' });
  lambda.store.save(record);
  settleLater(lambda, record.name);
  if (request.Publish) return publish(lambda, record, {});
  return configurationOf(lambda, record, record.latest);
}

function updateSettings(lambda: Lambda, input: unknown, call: Call): unknown {
  const request = parse(updateSettingsSchema, input);
  const target = parseFunctionName(request.FunctionName);
  const current = load(lambda, call, 'UpdateFunctionConfiguration', target);
  if (request.Role !== undefined) {
    requirePassRole(call, request.Role);
    lambda.cloud.role(request.Role, 'lambda.amazonaws.com');
  }
  requireSettled(lambda, current);
  checkRevision(request.RevisionId, current.latest.revisionId);
  checkPackage(request, current.latest.code.image !== undefined);
  const settings = mergeSettings(request, current.latest.settings);
  checkStart(current.latest.code, settings);
  const record = lambda.store.save(updated(current, { settings }));
  settleLater(lambda, record.name);
  return configurationOf(lambda, record, record.latest);
}

function find(lambda: Lambda, input: unknown, call: Call, action: string) {
  const request = parse(targetSchema, input);
  const target = parseFunctionName(request.FunctionName, request.Qualifier);
  const record = load(lambda, call, action, target);
  return { record, version: resolveVersion(lambda, record, target.qualifier), qualifier: target.qualifier };
}

function getFunction(lambda: Lambda, input: unknown, call: Call): unknown {
  const { record, version, qualifier } = find(lambda, input, call, 'GetFunction');
  return {
    Configuration: configurationOf(lambda, record, version, qualifier),
    Code: locationOf(version.code),
    ...(Object.keys(record.tags).length > 0 && { Tags: record.tags }),
    ...(record.reservedConcurrency !== undefined && {
      Concurrency: { ReservedConcurrentExecutions: record.reservedConcurrency },
    }),
  };
}

function locationOf({ image }: Code) {
  return image
    ? { RepositoryType: 'ECR', ImageUri: image.uri, ResolvedImageUri: image.resolvedUri }
    : { RepositoryType: 'S3' };
}

function listFunctions(lambda: Lambda, input: unknown, call: Call): unknown {
  const { Marker, MaxItems, FunctionVersion } = parse(listSchema, input);
  call.authorize('lambda:ListFunctions', '*');
  const names = lambda.store.all().filter(({ name }) => Marker === undefined || name > Marker);
  const page = names.slice(0, Math.min(MaxItems, PAGE_LIMIT));
  const Functions = page.flatMap((record) => {
    const versions = FunctionVersion === 'ALL' ? [record.latest, ...record.versions] : [record.latest];
    const qualifier = (version: Version) => (FunctionVersion === 'ALL' ? version.version : '');
    return versions.map((version) => configurationOf(lambda, record, version, qualifier(version)));
  });
  return { Functions, ...(names.length > page.length && { NextMarker: page.at(-1)?.name }) };
}
