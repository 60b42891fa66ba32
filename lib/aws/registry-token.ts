/** Credentials of ECR that can do less than whoever asks for them: of a role's session with a policy of its own. */
import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts';
import { CREDENTIAL_SECONDS, type RegistryCredential, RegistryError } from '../domain/ports/registry.ts';

export interface RestrictedSession {
  readonly roleArn: string;
  /** Shows in CloudTrail whose session it was. */
  readonly name: string;
  /** The ARN of the repositories, with wildcards. */
  readonly repositories: string;
}

/** @returns also the registry's address, `https://<host>`, or `http://` on loopback. @throws RegistryError */
export async function sessionToken(
  { ecr, sts }: { ecr: ECRClient; sts: STSClient },
  { roleArn, name, repositories }: RestrictedSession,
): Promise<RegistryCredential & { readonly address: string }> {
  const { Credentials: session } = await sts.send(
    new AssumeRoleCommand({
      RoleArn: roleArn,
      // 2 to 64 characters, of which the end tells most.
      RoleSessionName: name.replaceAll(/[^\w+=,.@-]/g, '-').slice(-64),
      DurationSeconds: CREDENTIAL_SECONDS,
      Policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*' },
          // Which actions, the role says; the session may do them here and nowhere else.
          { Effect: 'Allow', Action: 'ecr:*', Resource: repositories },
        ],
      }),
    }),
  );
  if (!session?.AccessKeyId || !session.SecretAccessKey || !session.SessionToken || !session.Expiration)
    throw new RegistryError('STS gave no credentials.', true);
  const holder = new ECRClient({
    region: ecr.config.region,
    ...(ecr.config.endpoint === undefined ? {} : { endpoint: ecr.config.endpoint }),
    credentials: {
      accessKeyId: session.AccessKeyId,
      secretAccessKey: session.SecretAccessKey,
      sessionToken: session.SessionToken,
    },
  });
  const { authorizationData } = await holder.send(new GetAuthorizationTokenCommand({}));
  const { authorizationToken = '', expiresAt, proxyEndpoint = '' } = authorizationData?.[0] ?? {};
  const [, username, password] =
    /^([^:]+):(.+)$/.exec(Buffer.from(authorizationToken, 'base64').toString()) ?? [];
  if (username === undefined || password === undefined || !URL.canParse(proxyEndpoint))
    throw new RegistryError('ECR returned an invalid token.', true);
  // ECR promises twelve hours, and does not say what becomes of a token whose session has ended: the earlier holds.
  const end = Math.min(session.Expiration.getTime(), expiresAt?.getTime() ?? Number.POSITIVE_INFINITY);
  return { username, password, expiresAt: new Date(end), address: proxyEndpoint };
}
