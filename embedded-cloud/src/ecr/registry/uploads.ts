/** Pushing layers: in one request, as a stream, in chunks, or by naming one that another repository has. */
import { AwsError, type HttpResponse } from '../../service.ts';
import { sizeOf } from '../layers.ts';
import { DIGEST } from '../manifest.ts';
import { REPOSITORY_NAME } from '../requests.ts';
import type { Upload } from '../schema.ts';
import { authorized, type EcrState } from '../state.ts';
import { RegistryFailure } from './answer.ts';
import type { RegistryRequest } from './request.ts';

/** `POST /v2/<name>/blobs/uploads/`: begins an upload, or mounts a layer, or takes a whole one. */
export async function beginUpload(
  state: EcrState,
  request: RegistryRequest,
  { name }: { name: string },
): Promise<HttpResponse> {
  const { method, query, call } = request;
  if (method !== 'POST') throw new RegistryFailure('UNSUPPORTED', `${method} is not for uploads`, 405);
  authorized(state, call, 'InitiateLayerUpload', name);
  const mount = query.get('mount');
  const from = query.get('from');
  if (
    mount !== null &&
    from !== null &&
    mayMount(state, request, from) &&
    state.layers.mount(from, name, mount)
  )
    return created(name, mount);
  const upload = state.layers.begin(name);
  const digest = query.get('digest');
  return digest === null ? accepted(upload) : finish(state, request, upload, digest);
}

/** `PATCH`, `PUT`, `GET` and `DELETE` of `/v2/<name>/blobs/uploads/<id>`. */
export async function continueUpload(
  state: EcrState,
  request: RegistryRequest,
  { name, id }: { name: string; id: string },
): Promise<HttpResponse> {
  const { method, query, call } = request;
  authorized(state, call, method === 'PUT' ? 'CompleteLayerUpload' : 'UploadLayerPart', name);
  const upload = state.layers.upload(name, id);
  if (upload === undefined)
    throw new RegistryFailure('BLOB_UPLOAD_UNKNOWN', `There is no upload ${id} to ${name}`, 404);
  switch (method) {
    case 'GET':
      return { ...accepted(upload), status: 204 };
    case 'PATCH':
      return accepted(await append(state, request, upload));
    case 'PUT':
      return finish(state, request, upload, query.get('digest') ?? '');
    case 'DELETE':
      state.layers.cancel(upload);
      return { status: 204 };
    default:
      throw new RegistryFailure('UNSUPPORTED', `${method} is not for uploads`, 405);
  }
}

async function finish(
  state: EcrState,
  request: RegistryRequest,
  upload: Upload,
  digest: string,
): Promise<HttpResponse> {
  if (!DIGEST.test(digest)) {
    throw new RegistryFailure('DIGEST_INVALID', `'${digest}' is no sha256 digest`, 400);
  }
  const { repository } = upload;
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  const hasChunk = encoding !== undefined || (length !== undefined && length !== '0');
  if (hasChunk) authorized(state, request.call, 'UploadLayerPart', repository);
  const whole = hasChunk ? await append(state, request, upload) : upload;
  refuseWhileBusy(state, whole);
  if (await state.layers.complete(whole, digest)) return created(repository, digest);
  throw new RegistryFailure(
    'DIGEST_INVALID',
    `The uploaded bytes do not have the digest ${digest}; the upload was discarded`,
    400,
  );
}

/** @throws RegistryFailure 416 when the chunk does not begin where the upload ends */
async function append(state: EcrState, { headers, body }: RegistryRequest, upload: Upload): Promise<Upload> {
  refuseWhileBusy(state, upload);
  const size = sizeOf(upload.pieces);
  const range = /^(?:bytes[ =])?(\d+)-(\d+)(?:\/.*)?$/.exec(headers['content-range'] ?? '');
  if (headers['content-range'] !== undefined) {
    const [, first, last] = range ?? [];
    const length = Number(headers['content-length'] ?? Number.NaN);
    if (Number(first) !== size || (!Number.isNaN(length) && Number(last) - Number(first) + 1 !== length)) {
      throw new RegistryFailure(
        'RANGE_INVALID',
        `The upload has ${size} bytes; the next chunk must begin there`,
        416,
        place(upload),
      );
    }
  }
  return state.layers.append(upload, body);
}

function refuseWhileBusy(state: EcrState, upload: Upload): void {
  if (state.layers.isBusy(upload))
    throw new RegistryFailure('BLOB_UPLOAD_INVALID', 'Another chunk of this upload is under way', 409);
}

/** A mount needs to read there; where that is not allowed, the client uploads the layer instead. */
function mayMount(state: EcrState, { call }: RegistryRequest, from: string): boolean {
  if (!REPOSITORY_NAME.test(from)) return false;
  try {
    authorized(state, call, 'BatchCheckLayerAvailability', from);
    authorized(state, call, 'GetDownloadUrlForLayer', from);
    return true;
  } catch (error) {
    if (error instanceof AwsError) return false;
    throw error;
  }
}

function accepted(upload: Upload): HttpResponse {
  return { status: 202, headers: place(upload) };
}

/** Where the upload goes on, and the bytes that it has: `0-0` also when it has none, as clients expect. */
function place({ id, repository, pieces }: Upload): Record<string, string> {
  return {
    location: `/v2/${repository}/blobs/uploads/${id}`,
    range: `0-${Math.max(sizeOf(pieces) - 1, 0)}`,
    'docker-upload-uuid': id,
  };
}

function created(repository: string, digest: string): HttpResponse {
  return {
    status: 201,
    headers: { location: `/v2/${repository}/blobs/${digest}`, 'docker-content-digest': digest },
  };
}
