import { Id } from '../../domain/id.ts';
import { PullToken, RecordedImage, RecordImage, RegistryToken } from '../../domain/image/schema.ts';
import { route } from '../route.ts';
import { inProject } from './params.ts';

const REGISTRY_ERRORS = [
  'wrong_state',
  'registry_forbidden',
  'registry_misconfigured',
  'registry_credential_missing',
  'registry_refused',
  'registry_unavailable',
] as const;

/** Images: what pushes them, for agents, and what pulls them, for people. */
export const IMAGE_ROUTES = {
  createRegistryToken: route({
    repeat: 'rerun',
    method: 'POST',
    path: '/v1/jobs/{job}/registry-token',
    group: 'images',
    access: 'job',
    summary: "Get a short-lived credential for the repository of the job's image",
    params: { job: Id.job },
    success: {
      status: 200,
      body: RegistryToken,
      description: 'The repository of the image, and a credential for it',
    },
    errors: REGISTRY_ERRORS,
  }),
  createPullToken: route({
    repeat: 'rerun',
    method: 'POST',
    path: '/v1/projects/{project}/pull-token',
    group: 'images',
    access: 'viewer',
    summary: 'Get a short-lived credential to pull the images of a project',
    params: inProject,
    success: {
      status: 200,
      body: PullToken,
      description:
        "The registry of the installation, and a credential to pull from the project's repositories",
    },
    errors: ['registry_refused', 'registry_unavailable'],
  }),
  recordImage: route({
    repeat: 'rerun',
    method: 'POST',
    path: '/v1/jobs/{job}/images',
    group: 'images',
    access: 'job',
    summary: 'Record an image that the job has pushed',
    params: { job: Id.job },
    body: RecordImage,
    success: { status: 200, body: RecordedImage, description: 'The artifact of the image' },
    errors: ['image_unknown', ...REGISTRY_ERRORS],
  }),
} as const;
