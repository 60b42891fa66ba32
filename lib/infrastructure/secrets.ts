import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { StaitheFunction } from './function.ts';

/** What may be done with the secrets of projects: nobody who may change them may read them. */
const PROJECT_SECRET_ACTIONS = {
  read: ['GetSecretValue'],
  write: ['CreateSecret', 'TagResource', 'PutSecretValue', 'DeleteSecret', 'RestoreSecret'],
  remove: ['DeleteSecret'],
} as const;

/** The two secrets of an installation, made up by AWS and known to nobody, and the place of those of projects. */
export class Secrets extends Construct {
  readonly webhook: Secret;
  private readonly jobTokens: Secret;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    // 43 letters and digits are 256 bits: as strong as the HMAC-SHA256 that they key.
    const generateSecretString = { passwordLength: 43, excludePunctuation: true };
    this.webhook = new Secret(this, 'Webhook', {
      description: 'The git host signs webhooks with it',
      generateSecretString,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.jobTokens = new Secret(this, 'JobTokens', {
      description: 'Signs job tokens',
      generateSecretString,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  /** Secrets of projects are below a name of this stack, so that two installations of an account keep apart. */
  grantProjectSecrets(to: StaitheFunction, access: keyof typeof PROJECT_SECRET_ACTIONS): void {
    const prefix = projectSecretsPrefix(this);
    to.grant(
      { STAITHE_PROJECT_SECRETS: prefix },
      {
        actions: PROJECT_SECRET_ACTIONS[access].map((action) => `secretsmanager:${action}`),
        resources: [projectSecretsArn(this)],
      },
    );
    // ListSecrets gives names only, and has no resource to name (Service Authorization Reference).
    if (access === 'remove') to.grant({}, { actions: ['secretsmanager:ListSecrets'], resources: ['*'] });
  }

  grantWebhook(to: StaitheFunction): void {
    to.grant(
      { STAITHE_WEBHOOK_SECRET: this.webhook.secretArn },
      { actions: ['secretsmanager:GetSecretValue'], resources: [this.webhook.secretArn] },
    );
  }

  grantJobTokens(to: StaitheFunction): void {
    to.grant(
      { STAITHE_JOB_TOKEN_SECRET: this.jobTokens.secretArn },
      { actions: ['secretsmanager:GetSecretValue'], resources: [this.jobTokens.secretArn] },
    );
  }
}

function projectSecretsPrefix(scope: Construct): string {
  return `${Stack.of(scope).stackName}/projects`;
}

/** All secrets of projects, present and to come. */
function projectSecretsArn(scope: Construct): string {
  return Stack.of(scope).formatArn({
    service: 'secretsmanager',
    resource: 'secret',
    resourceName: `${projectSecretsPrefix(scope)}/*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}
