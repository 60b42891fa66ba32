/**
 * The port of projects' secrets on Secrets Manager: one secret each, `<prefix>/<project>/<NAME>`. One for all of a
 * project would be cheaper (40 cents a month each), but every job would be handed all of them, two changes at once would
 * lose one, and 64 KiB would be for all together.
 */
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  InvalidRequestException,
  ListSecretsCommand,
  type ListSecretsCommandOutput,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  RestoreSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { OWNER_TAG } from '../domain/owner-tag.ts';
import {
  type ProjectSecrets,
  SecretChangeReused,
  type SecretVersion,
} from '../domain/ports/project-secrets.ts';
import { setting } from './settings.ts';

/**
 * 7 days, the shortest window that AWS has: what was deleted by mistake can be brought back by the account's operator
 * (`aws secretsmanager restore-secret`), and costs nothing meanwhile. Nobody can read it in that time, so it is gone at
 * once for builds. To delete without a window would also block the name for a while, as AWS does it in the background
 * (docs: DeleteSecret), so that a secret could not be deleted and set again in one script.
 */
const RECOVERY_DAYS = 7;

/** Creating, restoring and putting, each after the other, is what the worst meeting with another change needs. */
const PUT_ATTEMPTS = 4;

/** AWS wants 32 to 64 characters of a token; a ULID has 26. */
const tokenOf = (change: string): string => `staithe-${change}`;

export function managedProjectSecrets(
  prefix: string = setting('STAITHE_PROJECT_SECRETS'),
  client: SecretsManagerClient = new SecretsManagerClient(),
): ProjectSecrets {
  const idOf = (projectId: string, name: string): string => `${prefix}/${projectId}/${name}`;

  /** Of the secret as it is: absent it is created, deleted it is restored, and both can meet with others doing so. */
  async function put(version: SecretVersion, attempt = 1): Promise<boolean> {
    const SecretId = idOf(version.projectId, version.name);
    const content = { SecretString: version.value, ClientRequestToken: tokenOf(version.change) };
    try {
      const { VersionStages: stages } = await client.send(
        new PutSecretValueCommand({ SecretId, ...content }),
      );
      return stages?.includes('AWSCURRENT') ?? false;
    } catch (error) {
      // The token belongs to a version with another value (docs: PutSecretValue).
      if (error instanceof ResourceExistsException) throw new SecretChangeReused(version.name);
      if (attempt === PUT_ATTEMPTS) throw error;
      if (error instanceof ResourceNotFoundException) {
        if (await create(version)) return true;
      } else if (error instanceof InvalidRequestException)
        await client.send(new RestoreSecretCommand({ SecretId }));
      else throw error;
      return put(version, attempt + 1);
    }
  }

  /** @returns false when somebody else has created it, or deleted it, at the same moment */
  async function create({ projectId, name, value, change }: SecretVersion): Promise<boolean> {
    try {
      await client.send(
        new CreateSecretCommand({
          Name: idOf(projectId, name),
          Description: `${name} of a project of Staithe, given to its builds`,
          SecretString: value,
          ClientRequestToken: tokenOf(change),
          // By which an account's bill and its policies tell whose it is.
          Tags: [{ Key: OWNER_TAG, Value: projectId }],
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ResourceExistsException || error instanceof InvalidRequestException) return false;
      throw error;
    }
  }

  async function read(projectId: string, name: string): Promise<[string, string] | undefined> {
    try {
      const { SecretString: value } = await client.send(
        new GetSecretValueCommand({ SecretId: idOf(projectId, name) }),
      );
      return value === undefined ? undefined : [name, value];
    } catch (error) {
      // Never there, or deleted and not yet gone.
      if (error instanceof ResourceNotFoundException || error instanceof InvalidRequestException)
        return undefined;
      throw error;
    }
  }

  return {
    put: (version) => put(version),
    async remove(projectId, name) {
      const SecretId = idOf(projectId, name);
      try {
        await client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: RECOVERY_DAYS }));
      } catch (error) {
        if (error instanceof ResourceNotFoundException || error instanceof InvalidRequestException) return;
        throw error;
      }
    },
    async names(projectId) {
      const prefixOfAll = idOf(projectId, '');
      const found: string[] = [];
      let NextToken: string | undefined;
      do {
        const page: ListSecretsCommandOutput = await client.send(
          // A name matches by its beginning; what is deleted and only waits for its end is left out (docs: ListSecrets).
          new ListSecretsCommand({
            Filters: [{ Key: 'name', Values: [prefixOfAll] }],
            MaxResults: 100,
            NextToken,
          }),
        );
        for (const { Name: name } of page.SecretList ?? [])
          if (name?.startsWith(prefixOfAll)) found.push(name.slice(prefixOfAll.length));
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
      return found;
    },
    // One call each: to batch them needs a permission on all secrets of the account (docs: BatchGetSecretValue).
    async readMany(projectId, names) {
      const found = await Promise.all(names.map((name) => read(projectId, name)));
      return new Map(found.filter((entry) => entry !== undefined));
    },
  };
}
