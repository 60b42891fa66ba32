/** Path parameters that several routes share. */
import { ProjectRef } from '../../domain/project/schema.ts';
import { Name } from '../../domain/values.ts';

export const inProject = { project: ProjectRef };
export const inEnvironment = { project: ProjectRef, environment: Name };
