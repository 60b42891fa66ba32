/** How versions and their staging labels move (https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html). */
import { randomUUID } from 'node:crypto';
import { transaction } from '../database.ts';
import { AwsError } from '../service.ts';
import type { SecretStore, Version } from './store.ts';

/** A secret's value may have 65,536 bytes. */
const LARGEST_VALUE = 65_536;

export interface NewValue {
  readonly SecretString?: string | undefined;
  /** Base64, as in the JSON protocol. */
  readonly SecretBinary?: string | undefined;
  readonly ClientRequestToken?: string | undefined;
  readonly VersionStages?: readonly string[] | undefined;
}

function newContent({ SecretString, SecretBinary }: NewValue): Pick<Version, 'kind' | 'value'> | undefined {
  if (SecretString !== undefined && SecretBinary !== undefined)
    throw new AwsError(
      'InvalidParameterException',
      "You can't specify both a binary secret value and a string secret value.",
    );
  const value = SecretString ?? SecretBinary;
  if (value === undefined) return undefined;
  if (Buffer.byteLength(value, SecretString === undefined ? 'base64' : 'utf8') > LARGEST_VALUE)
    throw new AwsError(
      'InvalidParameterException',
      `A secret value can have at most ${LARGEST_VALUE} bytes.`,
    );
  return { kind: SecretString === undefined ? 'SecretBinary' : 'SecretString', value };
}

/**
 * Adds a version under its token and labels it. The same token with the same value is a repeat and changes nothing.
 * @returns the version, or undefined when no value was given
 * @throws AwsError `ResourceExistsException` when the token was used for another value
 */
export function addVersion(
  store: SecretStore,
  arn: string,
  value: NewValue,
  now: number,
): Version | undefined {
  const content = newContent(value);
  if (!content) return undefined;
  const id = value.ClientRequestToken ?? randomUUID();
  const known = store.versions(arn).find((version) => version.id === id);
  if (known && (known.value !== content.value || known.kind !== content.kind))
    throw new AwsError(
      'ResourceExistsException',
      `You can't use ClientRequestToken ${id} because that value is already in use for a version of secret ${arn}.`,
    );
  if (known) return known;
  const stages = value.VersionStages ?? ['AWSCURRENT'];
  transaction(store.database, () => {
    store.putVersion(arn, { id, ...content, stages: [], created: now });
    for (const stage of stages) moveStage(store, arn, stage, id);
  });
  return { id, ...content, stages, created: now };
}

/** Moves a label to one version (or away, with undefined). What loses AWSCURRENT becomes AWSPREVIOUS. */
export function moveStage(store: SecretStore, arn: string, stage: string, to: string | undefined): void {
  const versions = store.versions(arn);
  const holder = versions.find(({ stages }) => stages.includes(stage));
  if (holder?.id === to) return;
  const replaced = stage === 'AWSCURRENT' ? holder?.id : undefined;
  for (const { id, stages } of versions) {
    const kept = stages.filter((each) => each !== stage && !(replaced && each === 'AWSPREVIOUS'));
    if (id === to) kept.push(stage);
    if (id === replaced) kept.push('AWSPREVIOUS');
    if (kept.join() !== stages.join()) store.setStages(arn, id, kept);
  }
}
