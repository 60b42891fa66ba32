import { RemovalPolicy } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { StaitheFunction } from './function.ts';

/** The two secrets of an installation, made up by AWS and known to nobody. */
export class Secrets extends Construct {
  readonly webhook: Secret;
  private readonly jobTokens: Secret;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    // 43 letters and digits are 256 bits: as strong as the HMAC-SHA256 that they key.
    const generateSecretString = { passwordLength: 43, excludePunctuation: true };
    this.webhook = new Secret(this, 'Webhook', {
      description: 'With which the git host signs its webhooks',
      generateSecretString,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.jobTokens = new Secret(this, 'JobTokens', {
      description: 'Signs job tokens',
      generateSecretString,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  giveWebhook(to: StaitheFunction): void {
    to.give(
      { STAITHE_WEBHOOK_SECRET: this.webhook.secretArn },
      { actions: ['secretsmanager:GetSecretValue'], resources: [this.webhook.secretArn] },
    );
  }

  giveJobTokens(to: StaitheFunction): void {
    to.give(
      { STAITHE_JOB_TOKEN_SECRET: this.jobTokens.secretArn },
      { actions: ['secretsmanager:GetSecretValue'], resources: [this.jobTokens.secretArn] },
    );
  }
}
