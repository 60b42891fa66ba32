import { Id } from '../../domain/id.ts';
import { RecordedImage, RecordImage, RegistryToken } from '../../domain/image/schema.ts';
import { route } from '../route.ts';

const REGISTRY_ERRORS = [
  'wrong_state',
  'registry_forbidden',
  'registry_misconfigured',
  'registry_credential_missing',
  'registry_refused',
  'registry_unavailable',
] as const;

/** Images of jobs: the agent's routes. */
export const IMAGE_ROUTES = {
  createRegistryToken: route({
    repeat: 'again',
    method: 'POST',
    path: '/v1/jobs/{job}/registry-token',
    group: 'images',
    access: 'job',
    summary: "Get a short-lived credential for the repository of the job's image",
    params: { job: Id.job },
    success: { status: 200, body: RegistryToken, description: 'Where the image goes, and what opens it' },
    errors: REGISTRY_ERRORS,
  }),
  recordImage: route({
    repeat: 'again',
    method: 'POST',
    path: '/v1/jobs/{job}/images',
    group: 'images',
    access: 'job',
    summary: 'Record an image that the job has pushed, as the registry holds it',
    params: { job: Id.job },
    body: RecordImage,
    success: { status: 200, body: RecordedImage, description: 'The artifact that the image is' },
    errors: ['image_unknown', ...REGISTRY_ERRORS],
  }),
} as const;
