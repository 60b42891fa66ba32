/**
 * AWS Lambda of the embedded cloud: the functions of the template and those that users deploy, in child processes
 * behind the Lambda Runtime API.
 *
 * - `runtime/`: execution environments, what runs in them, and how many there are
 * - `operations/`: the API, one file a noun; `rest.ts` its protocol; `template/` the same for template resources
 * - `asynchronous.ts`, `event-source/`, `function-urls.ts`: the other ways in which events reach a function
 */
import { setTimeout as delay } from 'node:timers/promises';
import { removeRemains } from '../codebuild/remains.ts';
import { openDatabase } from '../database.ts';
import { accountQuotas } from '../quotas.ts';
import type { Action, Cloud, Service } from '../service.ts';
import { EventQueue } from './asynchronous.ts';
import { Concurrency } from './concurrency.ts';
import type { Lambda } from './context.ts';
import { Mappings } from './event-source/mappings.ts';
import { FunctionUrls } from './function-urls.ts';
import { Images } from './image/images.ts';
import { environmentsIn } from './image/sandbox.ts';
import { LogShipper } from './logs.ts';
import { LambdaMetrics } from './metrics.ts';
import { aliasOperations } from './operations/aliases.ts';
import { functionOperations } from './operations/functions.ts';
import { invokeOperations } from './operations/invoke.ts';
import { permissionOperations } from './operations/permissions.ts';
import { settingsOperations } from './operations/settings.ts';
import { urlOperations } from './operations/urls.ts';
import { versionOperations } from './operations/versions.ts';
import { handleRest } from './rest.ts';
import { Fleet } from './runtime/fleet.ts';
import { type Limits, limitsOfMachine } from './runtime/limits.ts';
import { FunctionStore, SCHEMA } from './store.ts';
import { attachmentResources } from './template/attachments.ts';
import { functionResources } from './template/function.ts';
import { resumeTransitions, stopTransitions } from './transitions.ts';

/** For so long a stop waits for functions that have records of a stream, in milliseconds. */
const LAST_RECORDS_MS = 2_000;

/** Makes the Lambda service. Functions created through its API persist in the service's state folder. */
export function lambda(cloud: Cloud): Service {
  return lambdaWithin(cloud, limitsOfMachine());
}

/** The same with other limits than those that suit this machine. */
export function lambdaWithin(cloud: Cloud, limits: Limits): Service {
  const database = openDatabase(
    cloud.stateDir('lambda'),
    SCHEMA,
    'functions that were deployed by calls, and invocations that are still to be made',
  );
  const store = new FunctionStore(database);
  const logs = new LogShipper(cloud, 'lambda');
  const images = new Images(cloud);
  const fleet = new Fleet(cloud, logs, images, limits);
  const concurrency = new Concurrency(() => store.all(), accountQuotas(cloud).concurrentExecutions);
  const metrics = new LambdaMetrics();
  const context: Lambda = { cloud, database, store, fleet, concurrency, logs, metrics, images };
  const queue = new EventQueue(context);
  const urls = new FunctionUrls(context);
  const mappings = new Mappings(context);
  const ofTemplate = new Set<string>();

  const actions: Record<string, Action> = {
    ...functionOperations(context, urls),
    ...versionOperations(context),
    ...aliasOperations(context),
    ...invokeOperations(context, queue),
    ...permissionOperations(context),
    ...urlOperations(context, urls),
    ...settingsOperations(context),
    ...mappings.operations(),
  };

  return {
    name: 'lambda',
    actions,
    handle: (request, call) => handleRest(actions, request, call),
    resources: {
      ...functionResources(context, ofTemplate),
      ...attachmentResources(context, urls, mappings),
    },
    start: async () => {
      for (const { name, origin } of store.all()) {
        if (origin === 'template' && !ofTemplate.has(name)) store.delete(name);
      }
      metrics.connect(cloud);
      await removeRemains(environmentsIn(cloud.stateDir('lambda'))).catch((error: unknown) => {
        cloud.log('lambda', `what earlier functions have left could not be removed: ${String(error)}`);
      });
      images.sweep(store.codeFolders());
      await urls.openAll();
      resumeTransitions(context);
      queue.start();
      mappings.start();
    },
    stop: async () => {
      queue.stop();
      stopTransitions(context);
      await images.stop();
      // Records that a function is just having are noted as had, and not given to it again by the next start.
      const noted = mappings.stop();
      await Promise.race([noted, delay(LAST_RECORDS_MS, undefined, { ref: false })]);
      await Promise.all([noted, urls.closeAll(), fleet.stop()]);
      await logs.flush();
      database.close();
    },
  };
}
