/** Published versions. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Action } from '../../service.ts';
import { configurationOf } from '../configuration.ts';
import {
  checkRevision,
  conflict,
  invalidParameter,
  type Lambda,
  load,
  newRevision,
  parse,
} from '../context.ts';
import { parseFunctionName } from '../function-name.ts';
import type { FunctionRecord, Version } from '../records.ts';
import { requireSettled } from '../transitions.ts';

const publishSchema = z.looseObject({
  FunctionName: z.string(),
  CodeSha256: z.string().optional(),
  Description: z.string().max(256).optional(),
  RevisionId: z.string().optional(),
});

export const pageSchema = z.looseObject({
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
      requireWorking(record);
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
  };
}

export function pageOf<T>(all: readonly T[], marker: string | undefined, limit: number) {
  const from = marker === undefined ? 0 : Number.parseInt(marker, 10) || 0;
  const to = from + Math.min(limit, 50);
  return { page: all.slice(from, to), next: to < all.length ? { NextMarker: String(to) } : {} };
}

/** @throws ResourceConflictException for an image that could not be unpacked */
function requireWorking({ latest }: FunctionRecord): void {
  if (latest.lastUpdateStatus !== 'Failed') return;
  throw conflict(
    `The operation cannot be performed at this time. The last update of the function has failed: ${latest.failure}`,
  );
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
  const { former: _former, ...latest } = record.latest;
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
