import { CfnOutput, CfnParameter, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Api } from './api.ts';
import { Audit } from './audit.ts';
import { Builds } from './builds.ts';
import type { Bundles } from './bundles.ts';
import { DeadLetters } from './dead-letters.ts';
import { Deletions } from './deletions.ts';
import { Deployments } from './deployments.ts';
import { Events } from './events.ts';
import { acknowledgeFindings } from './findings.ts';
import { StaitheFunction } from './function.ts';
import { grantNeeds } from './grants.ts';
import { Monitoring } from './monitoring.ts';
import { Notifications } from './notifications.ts';
import { Processes } from './processes.ts';
import { Reconciler } from './reconciler.ts';
import { Registry } from './registry.ts';
import { Secrets } from './secrets.ts';
import { Sites } from './sites.ts';
import { Storage } from './storage.ts';
import { Triggers } from './triggers.ts';
import { Uploads } from './uploads.ts';

interface StaitheStackProps extends StackProps {
  readonly bundles: Bundles;
}

/** All of Staithe. Each capability is a construct; what each function may touch stands in needs.ts. */
export class StaitheStack extends Stack {
  constructor(scope: Construct, id: string, props: StaitheStackProps) {
    super(scope, id, props);
    const { bundles } = props;
    // A parameter, not a context value: it differs between installations of one and the same template.
    const gitHostUrl = new CfnParameter(this, 'GitHostUrl', {
      description: "The git host's API, from which the archives of pushed commits are fetched",
      default: 'https://api.github.com',
      allowedPattern: '^https?://[^/]+(/.*)?[^/]$',
      constraintDescription: 'must be an http or https URL without a slash at its end',
    }).valueAsString;
    const storage = new Storage(this, 'Storage');
    const secrets = new Secrets(this, 'Secrets');
    const registry = new Registry(this, 'Registry');
    const api = new Api(this, 'Api', { bundles });
    const builds = new Builds(this, 'Builds', { bundles, api });
    const deployments = new Deployments(this, 'Deployments', {
      bundles,
      logReadsPerSecond: builds.logReadsPerSecond,
    });
    const sites = new Sites(this, 'Sites');
    const triggers = new Triggers(this, 'Triggers', { bundles });
    const workflows = {
      build: builds.workflow,
      deployment: deployments.workflow,
      trigger: triggers.workflow,
    };
    const processes = new Processes(this, 'ProcessTargets');
    const deadLetters = new DeadLetters(this, 'DeadLetters');
    const events = new Events(this, 'Events', { bundles, storage, deadLetters, ...workflows });
    const audit = new Audit(this, 'Audit', { bundles, storage });
    new Uploads(this, 'Uploads', { bundles, storage, deadLetters });
    const deletions = new Deletions(this, 'Deletions', { bundles, bus: events.bus, deadLetters });
    const notifications = new Notifications(this, 'Notifications', { bundles, bus: events.bus, deadLetters });
    const reconciler = new Reconciler(this, 'Reconciler', { bundles, deadLetters });
    new Monitoring(this, 'Monitoring', {
      api,
      audit,
      events,
      reconciler,
      deletions,
      deadLetters,
      workflows: Object.values(workflows),
    });
    const adminToken = this.addAdminToken(bundles);
    const functions = this.node.findAll().filter((construct) => construct instanceof StaitheFunction);
    grantNeeds(functions, {
      storage,
      secrets,
      registry,
      builds,
      deployments,
      sites,
      processes,
      deadLetters,
      notifications,
      bus: events.bus,
      workflows,
      gitHostUrl,
      apiUrl: api.url,
    });

    new CfnOutput(this, 'ApiUrl', { value: api.url });
    new CfnOutput(this, 'AdminTokenFunction', {
      value: adminToken.lambda.functionName,
      description: 'Invoke it to get an admin token',
    });
    new CfnOutput(this, 'WebhookSecret', {
      value: secrets.webhook.secretArn,
      description: 'The ARN of the secret for webhooks of the git host',
    });
    new CfnOutput(this, 'EventBus', { value: events.bus.eventBusName });
    acknowledgeFindings(this, { storage, siteFiles: sites.bucket, build: builds.workflow });
  }

  private addAdminToken(bundles: Bundles): StaitheFunction {
    return new StaitheFunction(this, 'CreateAdminToken', {
      bundles,
      entry: 'operator/create-admin-token',
      description: 'Creates an admin token for its caller',
    });
  }
}
