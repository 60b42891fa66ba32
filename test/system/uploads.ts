/** Artifacts that users bring to a project, over HTTP as curl would send them. */

import { randomBytes } from 'node:crypto';
import { until } from 'embedded-cloud/test-kit/patience.ts';
import { Problem } from '../../lib/contract/problem.ts';
import type { Artifact } from '../../lib/domain/artifact/schema.ts';
import type { ArtifactWithUpload, CreateArtifact } from '../../lib/domain/artifact/upload-schema.ts';
import { digestOf, newProject, newSlug, send } from './flow.ts';
import { type HttpRequest, type Staithe, sharedStaithe } from './server.ts';

export const OCTETS = { 'content-type': 'application/octet-stream' };

export const unique = (size: number) => new Uint8Array(randomBytes(size));

export const problemOf = async (asked: Promise<{ body: unknown }>): Promise<Problem> =>
  Problem.parse((await asked).body);

/** Uploads to a project of their own. */
export class Uploads implements AsyncDisposable {
  readonly staithe: Staithe;
  readonly project: string;

  private constructor(staithe: Staithe, project: string) {
    this.staithe = staithe;
    this.project = project;
  }

  static async start(): Promise<Uploads> {
    const staithe = await sharedStaithe();
    return new Uploads(staithe, await newProject(staithe.client, newSlug('artifacts')));
  }

  create(more: Partial<CreateArtifact> = {}): Promise<ArtifactWithUpload> {
    const body = { project: this.project, name: 'app.bin', ...more };
    return this.staithe.client.call('createArtifact', { body });
  }

  declare(bytes: Uint8Array, more: Partial<CreateArtifact> = {}) {
    return this.create({ sha256: digestOf(bytes), size_bytes: bytes.length, ...more });
  }

  get(id: string): Promise<Artifact> {
    return this.staithe.client.call('getArtifact', { params: { artifact: id } });
  }

  post(id: string, body: Uint8Array, request: HttpRequest = {}) {
    return this.staithe.http('POST', `/v1/artifacts/${id}/upload`, { headers: OCTETS, body, ...request });
  }

  complete(id: string) {
    return this.staithe.client.call('completeArtifact', { params: { artifact: id } });
  }

  settled(id: string): Promise<Artifact> {
    return until(
      () => this.get(id),
      ({ status }) => status === 'stored' || status === 'rejected',
    );
  }

  /** Sends bytes to storage. @returns its status */
  async put(artifact: ArtifactWithUpload, bytes: Uint8Array<ArrayBuffer>): Promise<number> {
    if (artifact.upload === null) throw new Error('The bytes are there already.');
    return (await send(artifact.upload, bytes)).status;
  }

  async download(id: string): Promise<Buffer> {
    const answer = await this.staithe.http('GET', `/v1/artifacts/${id}/download`);
    return Buffer.from(await (await fetch(answer.headers.get('location') ?? '')).arrayBuffer());
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.staithe[Symbol.asyncDispose]();
  }
}
