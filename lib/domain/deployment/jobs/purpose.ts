import * as z from 'zod';

/** What a deployment has jobs for: to deploy, and to test what is deployed. */
export const Purpose = z.enum(['deploy', 'test']);
export type Purpose = z.infer<typeof Purpose>;
