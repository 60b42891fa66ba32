import { Artifact } from '../../domain/artifact/schema.ts';
import {
  ArtifactWithUpload,
  CreateArtifact,
  MultipartUpload,
  SignedParts,
  SignParts,
} from '../../domain/artifact/upload-schema.ts';
import { Id } from '../../domain/id.ts';
import { ProjectRef } from '../../domain/project/schema.ts';
import { PAGING, page, route } from '../route.ts';

const params = { artifact: Id.artifact };

/** Artifacts, and the uploads of those that users bring. */
export const ARTIFACT_ROUTES = {
  createArtifact: route({
    repeat: 'again',
    method: 'POST',
    path: '/v1/artifacts',
    group: 'artifacts',
    access: 'developer',
    summary: 'Create an artifact to upload',
    body: CreateArtifact,
    success: {
      status: 201,
      body: ArtifactWithUpload,
      description: 'The artifact, and where to upload its bytes',
    },
    errors: ['not_found'],
  }),
  listArtifacts: route({
    method: 'GET',
    path: '/v1/artifacts',
    group: 'artifacts',
    access: 'viewer',
    summary: 'List the artifacts of a project',
    query: { project: ProjectRef.optional(), ...PAGING },
    success: {
      status: 200,
      body: page(Artifact),
      description: 'Stored artifacts, newest first; a token that is bound to a project need not name it',
    },
    errors: ['invalid_cursor'],
  }),
  getArtifact: route({
    method: 'GET',
    path: '/v1/artifacts/{artifact}',
    group: 'artifacts',
    access: 'viewer',
    summary: 'Get an artifact',
    params,
    success: { status: 200, body: Artifact, description: 'The artifact' },
  }),
  deleteArtifact: route({
    method: 'DELETE',
    path: '/v1/artifacts/{artifact}',
    group: 'artifacts',
    access: 'developer',
    summary: 'Delete an uploaded artifact',
    params,
    success: { status: 204, body: null, description: 'It is gone' },
    errors: ['artifact_in_use'],
  }),
  downloadArtifact: route({
    method: 'GET',
    path: '/v1/artifacts/{artifact}/download',
    group: 'artifacts',
    access: 'viewer',
    summary: 'Download an artifact',
    params,
    success: {
      status: 302,
      body: null,
      description:
        'Go to the presigned URL in location, which takes ranges; the digest is in x-staithe-digest',
    },
    errors: ['artifact_not_stored', 'artifact_not_downloadable'],
  }),
  uploadArtifact: route({
    method: 'POST',
    path: '/v1/artifacts/{artifact}/upload',
    group: 'artifacts',
    access: 'developer',
    summary: 'Post the bytes of a small artifact',
    params,
    rawBody: true,
    rawType: 'application/octet-stream',
    anySize: true,
    success: {
      status: 200,
      body: Artifact,
      description: 'The artifact, stored. Up to 4 MiB; what is larger goes to its presigned upload',
    },
    errors: ['body_too_large', 'wrong_state', 'artifact_mismatch'],
  }),
  beginMultipart: route({
    method: 'POST',
    path: '/v1/artifacts/{artifact}/multipart',
    group: 'artifacts',
    access: 'developer',
    summary: 'Begin or resume an upload in parts',
    params,
    repeat: 'again',
    success: {
      status: 200,
      body: MultipartUpload,
      description: 'How to cut the file, and which parts are here',
    },
    errors: ['wrong_state'],
  }),
  getMultipart: route({
    method: 'GET',
    path: '/v1/artifacts/{artifact}/multipart',
    group: 'artifacts',
    access: 'viewer',
    summary: 'See what has arrived of an upload in parts',
    params,
    success: { status: 200, body: MultipartUpload, description: 'The parts that are here' },
    errors: ['wrong_state'],
  }),
  signParts: route({
    method: 'POST',
    path: '/v1/artifacts/{artifact}/multipart/parts',
    group: 'artifacts',
    access: 'developer',
    summary: 'Get the uploads of single parts',
    params,
    body: SignParts,
    repeat: 'again',
    success: { status: 200, body: SignedParts, description: 'Where to upload each part' },
    errors: ['wrong_state'],
  }),
  completeArtifact: route({
    method: 'POST',
    path: '/v1/artifacts/{artifact}/complete',
    group: 'artifacts',
    access: 'developer',
    summary: 'Say that all bytes were uploaded',
    params,
    repeat: 'again',
    success: {
      status: 202,
      body: Artifact,
      description: 'Stored already, or verifying: then ask until it is stored or rejected',
    },
    errors: ['wrong_state', 'artifact_not_stored'],
  }),
} as const;
