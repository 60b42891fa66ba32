/** How many jobs of a run work at once unless the manifest or the request says so: what CodeBuild does not run, it queues. */
export const DEFAULT_PARALLEL = 10;
