/** Browser uploads: an HTML form with the file as its last field ("POST Object", S3 API Reference). */
import type { Readable } from 'node:stream';
import busboy from 'busboy';
import type { HttpResponse } from '../service.ts';
import { assertChecksum, checksumHeaders, declaredChecksum } from './checksum.ts';
import { s3Error } from './errors.ts';
import { created } from './events.ts';
import { metadataFrom, versionHeader } from './metadata.ts';
import { authorizeObject, requestTags } from './permissions.ts';
import { checkPolicy, type PostPolicy, policySigner } from './post-policy.ts';
import { causeOf } from './put-object.ts';
import { hashing, MAX_PUT } from './receive.ts';
import type { BucketRequest, S3State } from './state.ts';
import { xmlDocument } from './xml.ts';

/** The form without its file may have 20,000 bytes. */
const MAX_FIELDS = 20_000;

/** Stands in a form's key for the name that the file has at the user's. */
const FILENAME = `$\{filename}`;

interface Form {
  /** Names in lower case. */
  readonly fields: Map<string, string>;
  readonly file: Readable;
  readonly filename: string;
  /** Rejects when the form turns out to be malformed while the file is read. */
  readonly failed: Promise<never>;
}

export async function postObject(state: S3State, request: BucketRequest): Promise<HttpResponse> {
  const form = await readForm(request);
  try {
    return await acceptForm(state, request, form);
  } catch (error) {
    form.file.resume();
    throw error;
  }
}

async function acceptForm(state: S3State, posted: BucketRequest, form: Form): Promise<HttpResponse> {
  const { fields, filename } = form;
  const { target } = posted;
  const key = fields.get('key')?.replaceAll(FILENAME, filename);
  if (key === undefined || key === '') {
    throw s3Error(
      'InvalidArgument',
      "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
    );
  }
  fields.set('key', key);
  fields.set('bucket', target.name);
  let { call } = posted;
  let bounds: PostPolicy = { minimum: 0, maximum: MAX_PUT };
  if (fields.has('policy')) {
    const signer = policySigner(state.cloud, fields);
    if (call.as === undefined) throw s3Error('AccessDenied');
    call = call.as(signer);
    const policy = checkPolicy(fields, state.cloud.now());
    bounds = { ...policy, maximum: Math.min(policy.maximum, MAX_PUT) };
  }
  const headers = Object.fromEntries(fields);
  const request: BucketRequest = { ...posted, call, key, headers };
  const metadata = metadataFrom(headers, target);
  authorizeObject(state, request, 'PutObject', { values: requestTags(metadata.tags) });
  const declared = declaredChecksum(headers);
  const hashed = hashing(within(form.file, bounds), declared?.algorithm ?? 'CRC64NVME');
  const { file, size } = await Promise.race([state.blobs.write(hashed.bytes), form.failed]);
  try {
    const { md5, checksum } = hashed.result();
    if (declared?.value !== undefined && checksum !== undefined) {
      assertChecksum(declared.algorithm, declared.value, checksum.value);
    }
    const { version, files } = state.objects.put(
      {
        ...metadata,
        bucket: target.name,
        key,
        size,
        etag: md5,
        pieces: [{ file, size }],
        multipart: false,
        checksum,
      },
      target.versioning,
      (object) => created(state, object, 'POST Object', causeOf(state, request)),
    );
    state.blobs.remove(files);
    const result = {
      etag: `"${md5}"`,
      ...metadata.encryption,
      ...checksumHeaders(checksum),
      ...versionHeader(version),
    };
    return answer(state, request, result);
  } catch (error) {
    state.blobs.remove([file]);
    throw error;
  }
}

/** As the form wishes: a redirect, 200, 201 with a document, else 204. */
function answer(state: S3State, request: BucketRequest, headers: Record<string, string>): HttpResponse {
  const { target, key, headers: fields } = request;
  const location = `${state.cloud.endpoint}/${target.name}/${encodeURIComponent(key).replaceAll('%2F', '/')}`;
  const redirect = fields.success_action_redirect ?? fields.redirect;
  if (redirect !== undefined && URL.canParse(redirect)) {
    const url = new URL(redirect);
    url.searchParams.set('bucket', target.name);
    url.searchParams.set('key', key);
    url.searchParams.set('etag', headers.etag ?? '');
    return { status: 303, headers: { ...headers, location: url.href } };
  }
  const wanted = fields.success_action_status;
  if (wanted === '200') return { status: 200, headers: { ...headers, location } };
  if (wanted !== '201') return { status: 204, headers: { ...headers, location } };
  const body = xmlDocument(
    'PostResponse',
    { Location: location, Bucket: target.name, Key: key, ETag: headers.etag },
    false,
  );
  return { status: 201, headers: { ...headers, location, 'content-type': 'application/xml' }, body };
}

async function* within(
  file: AsyncIterable<Buffer>,
  { minimum, maximum }: PostPolicy,
): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of file) {
    size += chunk.length;
    if (size > maximum) {
      throw s3Error('EntityTooLarge', undefined, {
        ProposedSize: String(size),
        MaxSizeAllowed: String(maximum),
      });
    }
    yield chunk;
  }
  if (size < minimum) {
    throw s3Error('EntityTooSmall', undefined, {
      ProposedSize: String(size),
      MinSizeAllowed: String(minimum),
    });
  }
}

/** Reads the fields up to the file; what comes behind it is ignored, as S3 does. */
function readForm({ headers, body }: BucketRequest): Promise<Form> {
  return new Promise((resolve, reject) => {
    const fields = new Map<string, string>();
    let bytes = 0;
    let parser: busboy.Busboy;
    try {
      parser = busboy({ headers, limits: { fieldSize: MAX_FIELDS, files: 1 } });
    } catch {
      reject(s3Error('MalformedPOSTRequest'));
      return;
    }
    const failed = new Promise<never>((_, fail) => {
      const malformed = () => {
        fail(s3Error('MalformedPOSTRequest'));
        reject(s3Error('MalformedPOSTRequest'));
      };
      parser.once('error', malformed);
      body.once('error', malformed);
    });
    failed.catch(() => undefined);
    parser.on('field', (name, value) => {
      bytes += name.length + value.length;
      if (bytes > MAX_FIELDS) {
        reject(
          s3Error('InvalidRequest', 'Your POST request fields preceding the upload file were too large.'),
        );
      }
      fields.set(name.toLowerCase(), value);
    });
    parser.once('file', (name, file, { filename }) => {
      // busboy fails the file when the form breaks off; `failed` tells of it.
      file.on('error', () => undefined);
      if (name.toLowerCase() !== 'file') file.resume();
      else {
        resolve({ fields, file, filename: filename ?? '', failed });
      }
    });
    parser.once('close', () => {
      reject(
        s3Error('InvalidArgument', 'POST requires exactly one file upload per request.', {
          ArgumentName: 'file',
          ArgumentValue: '0',
        }),
      );
    });
    body.pipe(parser);
  });
}
