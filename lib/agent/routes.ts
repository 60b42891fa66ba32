/**
 * The routes that the agent calls. Only these files of the contract are loaded: to construct the schemas of all takes as
 * long as Node's own start.
 */
import { CACHE_ROUTES } from '../contract/routes/caches.ts';
import { IMAGE_ROUTES } from '../contract/routes/images.ts';
import { JOB_ROUTES } from '../contract/routes/jobs.ts';
import { SECRET_ROUTES } from '../contract/routes/secrets.ts';

export const AGENT_ROUTES = { ...JOB_ROUTES, ...SECRET_ROUTES, ...CACHE_ROUTES, ...IMAGE_ROUTES } as const;
