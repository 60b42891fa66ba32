/** The actions of Secrets Manager. Every one looks the secret up, asks IAM, and only then reads or changes. */
import { type Action, AwsError, type Call, type Cloud, type ConditionValues } from '../service.ts';
import { matches } from './filters.ts';
import { PasswordOptions, randomPassword } from './password.ts';
import * as requests from './requests.ts';
import { described, newSecret, prefixed, seconds, secretArn, tagsOf } from './secret-description.ts';
import type { Secret, SecretStore } from './store.ts';
import { addVersion, moveStage } from './versions.ts';

const DAY = 24 * 60 * 60 * 1000;

export function secretActions(cloud: Cloud, store: SecretStore): Record<string, Action> {
  /** The secret after the check of `secretsmanager:<action>` on it. */
  const authorized = (action: string, id: string, call: Call, values: ConditionValues = {}): Secret => {
    const secret = store.find(id, cloud.now());
    // For a secret that does not exist, a role that could use it gets to know that; others are refused.
    const resource = secret?.arn ?? (id.startsWith('arn:') ? id : `${secretArn(cloud, id)}-??????`);
    call.authorize(`secretsmanager:${action}`, resource, {
      values: {
        'secretsmanager:SecretId': secret?.arn ?? id,
        ...(secret ? prefixed('aws:ResourceTag', secret.tags) : {}),
        ...(secret ? prefixed('secretsmanager:ResourceTag', secret.tags) : {}),
        ...values,
      },
      ...(secret?.policy ? { resourcePolicies: [secret.policy] } : {}),
    });
    if (secret) return secret;
    throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  };
  const living = (secret: Secret): Secret => {
    if (secret.deletion === null) return secret;
    throw new AwsError(
      'InvalidRequestException',
      "You can't perform this operation on the secret because it was marked for deletion.",
    );
  };
  const reference = ({ arn, name }: Secret) => ({ ARN: arn, Name: name });
  const changed = (secret: Secret, changes: Partial<Secret>): Secret => {
    const next = { ...secret, ...changes, changed: cloud.now() };
    store.put(next);
    return next;
  };

  return {
    CreateSecret(input, call) {
      const request = requests.parsed(requests.CreateSecret, input);
      const tags = tagsOf(request.Tags);
      const secret = { ...newSecret(cloud, request.Name), tags };
      const tagging = { 'aws:TagKeys': Object.keys(tags), ...prefixed('aws:RequestTag', tags) };
      call.authorize('secretsmanager:CreateSecret', secret.arn, {
        values: { 'secretsmanager:Name': request.Name, ...tagging },
      });
      // A secret that is born with tags needs both permissions (docs: CreateSecret).
      if (Object.keys(tags).length > 0)
        call.authorize('secretsmanager:TagResource', secret.arn, { values: tagging });
      const existing = store.find(request.Name, cloud.now());
      if (existing) return repeatedCreate(existing, request);
      const { Description: description = null, KmsKeyId: kms_key = null } = request;
      store.put({ ...secret, description, kms_key });
      const version = addVersion(store, secret.arn, request, cloud.now());
      return { ...reference(secret), ...(version ? { VersionId: version.id } : {}) };
    },
    GetSecretValue(input, call) {
      const request = requests.parsed(requests.GetSecretValue, input);
      const { VersionId, VersionStage = VersionId === undefined ? 'AWSCURRENT' : undefined } = request;
      const secret = authorized('GetSecretValue', request.SecretId, call, {
        'secretsmanager:VersionId': VersionId,
        'secretsmanager:VersionStage': VersionStage,
      });
      living(secret);
      const version = store
        .versions(secret.arn)
        .find(
          ({ id, stages }) =>
            (VersionId === undefined || id === VersionId) &&
            (VersionStage === undefined || stages.includes(VersionStage)),
        );
      if (!version)
        throw new AwsError(
          'ResourceNotFoundException',
          `Secrets Manager can't find the specified secret value for ${VersionStage ? `staging label: ${VersionStage}` : `VersionId: ${VersionId}`}`,
        );
      store.put({ ...secret, accessed: cloud.now() });
      return {
        ...reference(secret),
        VersionId: version.id,
        [version.kind]: version.value,
        VersionStages: version.stages,
        CreatedDate: seconds(version.created),
      };
    },
    PutSecretValue(input, call) {
      const request = requests.parsed(requests.PutSecretValue, input);
      const secret = living(authorized('PutSecretValue', request.SecretId, call));
      const version = addVersion(store, secret.arn, request, cloud.now());
      if (!version)
        throw new AwsError(
          'InvalidRequestException',
          'You must provide either SecretString or SecretBinary.',
        );
      changed(secret, {});
      const { stages } = store.versions(secret.arn).find(({ id }) => id === version.id) ?? version;
      return { ...reference(secret), VersionId: version.id, VersionStages: stages };
    },
    UpdateSecret(input, call) {
      const request = requests.parsed(requests.UpdateSecret, input);
      const secret = living(authorized('UpdateSecret', request.SecretId, call));
      const version = addVersion(store, secret.arn, request, cloud.now());
      const { Description: description = secret.description, KmsKeyId: kms_key = secret.kms_key } = request;
      changed(secret, { description, kms_key });
      return { ...reference(secret), ...(version ? { VersionId: version.id } : {}) };
    },
    UpdateSecretVersionStage(input, call) {
      const request = requests.parsed(requests.UpdateSecretVersionStage, input);
      const secret = living(authorized('UpdateSecretVersionStage', request.SecretId, call));
      const holder = store.versions(secret.arn).find(({ stages }) => stages.includes(request.VersionStage));
      if (holder && holder.id !== request.MoveToVersionId && holder.id !== request.RemoveFromVersionId)
        throw new AwsError(
          'InvalidParameterException',
          `The parameter RemoveFromVersionId must name the version ${holder.id}, which has the staging label ${request.VersionStage}.`,
        );
      moveStage(store, secret.arn, request.VersionStage, request.MoveToVersionId);
      return reference(changed(secret, {}));
    },
    DescribeSecret(input, call) {
      const { SecretId } = requests.parsed(requests.OneSecret, input);
      const secret = authorized('DescribeSecret', SecretId, call);
      const { stages, ...description } = described(secret, store.versions(secret.arn));
      return { ...description, VersionIdsToStages: stages };
    },
    ListSecrets(input, call) {
      const request = requests.parsed(requests.ListSecrets, input);
      call.authorize('secretsmanager:ListSecrets', '*');
      const found = store
        .all()
        .filter(
          ({ deletion }) => deletion === null || (request.IncludePlannedDeletion && deletion > cloud.now()),
        )
        .filter((secret) => matches(secret, request.Filters));
      if (request.SortOrder === 'desc') found.reverse();
      const start = Number(request.NextToken ?? 0);
      const end = start + request.MaxResults;
      const page = found.slice(start, end).map((secret) => {
        const { stages, ...entry } = described(secret, store.versions(secret.arn));
        return { ...entry, SecretVersionsToStages: stages };
      });
      return { SecretList: page, ...(end < found.length ? { NextToken: String(end) } : {}) };
    },
    ListSecretVersionIds(input, call) {
      const request = requests.parsed(requests.ListSecretVersionIds, input);
      const secret = authorized('ListSecretVersionIds', request.SecretId, call);
      const versions = store
        .versions(secret.arn)
        .filter(({ stages }) => request.IncludeDeprecated || stages.length > 0)
        .map(({ id, stages, created }) => ({
          VersionId: id,
          VersionStages: stages,
          CreatedDate: seconds(created),
        }));
      return { ...reference(secret), Versions: versions };
    },
    DeleteSecret(input, call) {
      const request = requests.parsed(requests.DeleteSecret, input);
      const { RecoveryWindowInDays, ForceDeleteWithoutRecovery: force } = request;
      if (force && RecoveryWindowInDays !== undefined)
        throw new AwsError(
          'InvalidParameterException',
          "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
        );
      const secret = authorized('DeleteSecret', request.SecretId, call, {
        'secretsmanager:RecoveryWindowInDays': RecoveryWindowInDays,
        'secretsmanager:ForceDeleteWithoutRecovery': force,
      });
      const deletion = cloud.now() + (force ? 0 : (RecoveryWindowInDays ?? 30) * DAY);
      if (force) store.remove(secret.arn);
      else changed(living(secret), { deletion });
      return { ...reference(secret), DeletionDate: seconds(deletion) };
    },
    RestoreSecret(input, call) {
      const { SecretId } = requests.parsed(requests.OneSecret, input);
      return reference(changed(authorized('RestoreSecret', SecretId, call), { deletion: null }));
    },
    TagResource(input, call) {
      const request = requests.parsed(requests.TagResource, input);
      const tags = tagsOf(request.Tags);
      const secret = living(
        authorized('TagResource', request.SecretId, call, {
          'aws:TagKeys': Object.keys(tags),
          ...prefixed('aws:RequestTag', tags),
        }),
      );
      changed(secret, { tags: { ...secret.tags, ...tags } });
      return {};
    },
    UntagResource(input, call) {
      const { SecretId, TagKeys } = requests.parsed(requests.UntagResource, input);
      const secret = living(authorized('UntagResource', SecretId, call, { 'aws:TagKeys': TagKeys }));
      const kept = Object.entries(secret.tags).filter(([key]) => !TagKeys.includes(key));
      changed(secret, { tags: Object.fromEntries(kept) });
      return {};
    },
    PutResourcePolicy(input, call) {
      const { SecretId, ResourcePolicy } = requests.parsed(requests.PutResourcePolicy, input);
      const secret = authorized('PutResourcePolicy', SecretId, call);
      return reference(changed(secret, { policy: policyDocument(ResourcePolicy) }));
    },
    GetResourcePolicy(input, call) {
      const { SecretId } = requests.parsed(requests.OneSecret, input);
      const secret = authorized('GetResourcePolicy', SecretId, call);
      return {
        ...reference(secret),
        ...(secret.policy ? { ResourcePolicy: JSON.stringify(secret.policy) } : {}),
      };
    },
    DeleteResourcePolicy(input, call) {
      const { SecretId } = requests.parsed(requests.OneSecret, input);
      return reference(changed(authorized('DeleteResourcePolicy', SecretId, call), { policy: null }));
    },
    GetRandomPassword(input, call) {
      const options = requests.parsed(PasswordOptions, input);
      call.authorize('secretsmanager:GetRandomPassword', '*');
      return { RandomPassword: randomPassword(options) };
    },
  };

  /** CreateSecret for a name that is taken: fine only as the repeat of the very call that made it. */
  function repeatedCreate(existing: Secret, request: Parameters<typeof addVersion>[2]) {
    if (existing.deletion !== null)
      throw new AwsError(
        'InvalidRequestException',
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
      );
    const made = store.versions(existing.arn).find(({ id }) => id === request.ClientRequestToken);
    if (!made || made.value !== (request.SecretString ?? request.SecretBinary))
      throw new AwsError(
        'ResourceExistsException',
        `The operation failed because the secret ${existing.name} already exists.`,
      );
    return { ...reference(existing), VersionId: made.id };
  }
}

function policyDocument(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AwsError('MalformedPolicyDocumentException', 'This resource policy contains invalid Json.');
  }
}
