/**
 * THE table of routes. API Gateway's routes, the validation of requests, the handlers' types, the client and the
 * OpenAPI document all read it; nothing about a route is written anywhere else.
 */
import { ARTIFACT_ROUTES } from './routes/artifacts.ts';
import { AUDIT_ROUTES } from './routes/audit.ts';
import { BUILD_ROUTES } from './routes/builds.ts';
import { CACHE_ROUTES } from './routes/caches.ts';
import { DEAD_LETTER_ROUTES } from './routes/dead-letters.ts';
import { DEPLOYMENT_ROUTES } from './routes/deployments.ts';
import { DIAGNOSIS_ROUTES } from './routes/diagnosis.ts';
import { ENVIRONMENT_ROUTES } from './routes/environments.ts';
import { IMAGE_ROUTES } from './routes/images.ts';
import { JOB_ROUTES } from './routes/jobs.ts';
import { LOG_ROUTES } from './routes/logs.ts';
import { MANIFEST_ROUTES } from './routes/manifests.ts';
import { PROJECT_ROUTES } from './routes/projects.ts';
import { RELEASE_ROUTES } from './routes/releases.ts';
import { SECRET_ROUTES } from './routes/secrets.ts';
import { SERVICE_ROUTES } from './routes/service.ts';
import { SOURCE_ROUTES } from './routes/sources.ts';
import { SUBSCRIPTION_ROUTES } from './routes/subscriptions.ts';
import { TOKEN_ROUTES } from './routes/tokens.ts';
import { USER_ROUTES } from './routes/users.ts';
import { WEBHOOK_ROUTES } from './routes/webhooks.ts';

export const ROUTES = {
  ...PROJECT_ROUTES,
  ...MANIFEST_ROUTES,
  ...SOURCE_ROUTES,
  ...BUILD_ROUTES,
  ...LOG_ROUTES,
  ...DIAGNOSIS_ROUTES,
  ...JOB_ROUTES,
  ...IMAGE_ROUTES,
  ...ARTIFACT_ROUTES,
  ...SECRET_ROUTES,
  ...CACHE_ROUTES,
  ...RELEASE_ROUTES,
  ...ENVIRONMENT_ROUTES,
  ...DEPLOYMENT_ROUTES,
  ...TOKEN_ROUTES,
  ...USER_ROUTES,
  ...WEBHOOK_ROUTES,
  ...SUBSCRIPTION_ROUTES,
  ...AUDIT_ROUTES,
  ...DEAD_LETTER_ROUTES,
  ...SERVICE_ROUTES,
} as const;

export type Routes = typeof ROUTES;
export type OperationId = keyof Routes;
