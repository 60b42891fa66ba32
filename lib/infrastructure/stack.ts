import { CfnOutput, CfnParameter, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Api } from './api.ts';
import { Builds } from './builds.ts';
import type { Bundles } from './bundles.ts';
import { DeadLetters } from './dead-letters.ts';
import { Deletions } from './deletions.ts';
import { Deployments } from './deployments.ts';
import { Events } from './events.ts';
import { acknowledgeFindings } from './findings.ts';
import { StaitheFunction } from './function.ts';
import { Monitoring } from './monitoring.ts';
import { Reconciler } from './reconciler.ts';
import { Registry } from './registry.ts';
import { Secrets } from './secrets.ts';
import { Storage } from './storage.ts';
import { Triggers } from './triggers.ts';
import { Uploads } from './uploads.ts';
import { giveWorkflows } from './workflow.ts';

interface StaitheStackProps extends StackProps {
  readonly bundles: Bundles;
}

/** All of Staithe. Each capability is a construct; what a function of the API may touch is given here, and only here. */
export class StaitheStack extends Stack {
  constructor(scope: Construct, id: string, props: StaitheStackProps) {
    super(scope, id, props);
    const { bundles } = props;
    // A parameter, not a context value: it differs between installations of one and the same template.
    const gitHostUrl = new CfnParameter(this, 'GitHostUrl', {
      description: "The git host's API, from which webhooks fetch archives",
      default: 'https://api.github.com',
      allowedPattern: '^https?://[^/]+(/.*)?[^/]$',
      constraintDescription: 'must be an http or https URL without a slash at its end',
    }).valueAsString;
    const storage = new Storage(this, 'Storage');
    const secrets = new Secrets(this, 'Secrets');
    const registry = new Registry(this, 'Registry');
    const api = new Api(this, 'Api', { bundles });
    const builds = new Builds(this, 'Builds', { bundles, storage, api });
    const deployments = new Deployments(this, 'Deployments', {
      bundles,
      storage,
      logReadsPerSecond: builds.logReadsPerSecond,
    });
    const triggers = new Triggers(this, 'Triggers', { bundles, storage, builds, gitHostUrl });
    const workflows = {
      build: builds.workflow,
      deployment: deployments.workflow,
      trigger: triggers.workflow,
    };
    const deadLetters = new DeadLetters(this, 'DeadLetters');
    const events = new Events(this, 'Events', { bundles, storage, deadLetters, ...workflows });
    builds.givePlanning(events.arrived, { storage, registry });
    builds.givePlanning(triggers.steps, { storage, registry });
    new Uploads(this, 'Uploads', { bundles, storage, deadLetters });
    const deletions = new Deletions(this, 'Deletions', {
      bundles,
      storage,
      secrets,
      registry,
      builds,
      bus: events.bus,
      deadLetters,
    });
    this.equipApi(api, { storage, secrets, registry, builds, deployments });
    const reconciler = new Reconciler(this, 'Reconciler', {
      bundles,
      storage,
      builds,
      deployments,
      deadLetters,
    });
    builds.givePlanning(reconciler.sweep, { storage, registry });
    // All that a rule calls is known by now.
    storage.giveTable(api.functions['dead-letters'], 'GetItem', 'PutItem');
    deadLetters.giveRedrive(api.functions['dead-letters']);
    new Monitoring(this, 'Monitoring', {
      api,
      events,
      reconciler,
      deletions,
      deadLetters,
      workflows: Object.values(workflows),
    });
    const adminToken = this.addAdminToken(bundles, storage);

    new CfnOutput(this, 'ApiUrl', { value: api.url });
    new CfnOutput(this, 'AdminTokenFunction', {
      value: adminToken.lambda.functionName,
      description: 'Invoke it to get an admin token',
    });
    new CfnOutput(this, 'WebhookSecret', {
      value: secrets.webhook.secretArn,
      description: 'The secret to give to the git host',
    });
    new CfnOutput(this, 'EventBus', { value: events.bus.eventBusName });
    acknowledgeFindings(this, storage, builds.workflow);
  }

  private equipApi(
    api: Api,
    parts: {
      storage: Storage;
      secrets: Secrets;
      registry: Registry;
      builds: Builds;
      deployments: Deployments;
    },
  ): void {
    const { storage, secrets, registry, builds, deployments } = parts;
    const { functions } = api;
    storage.giveTable(functions.projects, 'GetItem', 'PutItem', 'DeleteItem', 'Query', 'ConditionCheckItem');
    storage.giveIndex(functions.projects);
    // A higher limit of concurrent jobs wakes those that wait.
    functions.projects.role.addToPolicy(builds.workflow.wakingStatement());

    storage.giveTable(functions.sources, 'GetItem', 'PutItem', 'ConditionCheckItem');
    storage.giveBytes(functions.sources, 'sources', 'PutObject');

    storage.giveTable(functions.builds, 'ConditionCheckItem');
    storage.giveIndex(functions.builds);
    // Lists by ref and by status.
    storage.giveIndex(functions.builds, 'gsi2');
    storage.giveListing(functions.builds);
    giveWorkflows(functions.builds, [builds.workflow], { stop: true });
    builds.givePlanning(functions.builds, { storage, registry });

    storage.giveTable(functions.logs, 'GetItem', 'BatchGetItem');
    storage.giveCursorKey(functions.logs);
    // A diagnosis lists the runs of its build.
    storage.giveIndex(functions.logs);
    builds.giveLogs(functions.logs);
    deployments.giveFunctionLogs(functions.logs);
    deployments.giveOwners(functions.logs);

    storage.giveTable(functions.jobs, 'GetItem', 'PutItem');
    storage.giveBytes(functions.jobs, 'sources', 'GetObject');
    storage.giveBytes(functions.jobs, 'artifacts', 'GetObject', 'PutObject');
    storage.giveListing(functions.jobs);
    secrets.giveJobTokens(functions.jobs);
    secrets.giveProjectSecrets(functions.jobs, 'read');
    storage.giveBytes(functions.jobs, 'caches', 'GetObject', 'PutObject');
    storage.giveIndex(functions.jobs);

    // Apart from the other routes of jobs: only this function may open registries.
    storage.giveTable(functions.images, 'GetItem', 'PutItem', 'ConditionCheckItem');
    secrets.giveJobTokens(functions.images);
    secrets.giveProjectSecrets(functions.images, 'read');
    registry.giveRegistry(functions.images);

    storage.giveTable(functions.artifacts, 'GetItem', 'PutItem', 'DeleteItem');
    storage.giveIndex(functions.artifacts);
    storage.giveBytes(functions.artifacts, 'artifacts', 'GetObject', 'PutObject');
    const ofUploads = ['GetObject', 'GetObjectVersion', 'PutObject', 'DeleteObject'] as const;
    const ofParts = ['AbortMultipartUpload', 'ListMultipartUploadParts'] as const;
    storage.giveBytes(functions.artifacts, 'uploads', ...ofUploads, ...ofParts);
    storage.giveListing(functions.artifacts);

    storage.giveTable(functions.secrets, 'GetItem', 'PutItem', 'DeleteItem', 'Query');
    secrets.giveProjectSecrets(functions.secrets, 'write');

    storage.giveTable(functions.caches, 'GetItem', 'PutItem', 'DeleteItem', 'Query');

    storage.giveTable(functions.releases, 'GetItem', 'BatchGetItem', 'PutItem', 'ConditionCheckItem');
    storage.giveIndex(functions.releases);

    storage.giveTable(
      functions.environments,
      'GetItem',
      'PutItem',
      'DeleteItem',
      'Query',
      'ConditionCheckItem',
    );
    storage.giveIndex(functions.environments);
    giveWorkflows(functions.environments, [deployments.workflow]);
    deployments.giveRuntimes(functions.environments);

    storage.giveTable(
      functions.tokens,
      'GetItem',
      'BatchGetItem',
      'PutItem',
      'DeleteItem',
      'ConditionCheckItem',
    );
    storage.giveIndex(functions.tokens);
    storage.giveIndex(functions.tokens, 'gsi2');

    storage.giveTable(functions.webhooks, 'GetItem', 'BatchGetItem', 'PutItem', 'Query');
    storage.giveIndex(functions.webhooks);
    // Lists by what came of deliveries.
    storage.giveIndex(functions.webhooks, 'gsi2');
    secrets.giveWebhook(functions.webhooks);

    functions.service.give({ STAITHE_API_URL: api.url });
  }

  private addAdminToken(bundles: Bundles, storage: Storage): StaitheFunction {
    const fn = new StaitheFunction(this, 'CreateAdminToken', {
      bundles,
      entry: 'operator/create-admin-token',
      description: 'Creates an admin token for whoever may invoke it',
    });
    storage.giveTable(fn, 'GetItem', 'PutItem', 'DeleteItem', 'ConditionCheckItem');
    return fn;
  }
}
