/**
 * A registry of a project's own, by the OCI distribution API
 * (https://github.com/opencontainers/distribution-spec) with Basic or Bearer authentication
 * (https://distribution.github.io/distribution/spec/auth/token/).
 */
import * as z from 'zod';
import { type ImageReader, MANIFEST_TYPES, storedImage } from '../domain/image/stored.ts';
import { type Registry, type RegistryAccess, RegistryError } from '../domain/ports/registry.ts';
import { assertSafe, fetchSafely, type Guard, limitedBytes, refusal } from './oci-documents.ts';
import { assertPublic } from './public-address.ts';

/** The credential is somebody's own and has no end that anybody told; asked for anew in an hour, as those of ECR. */
const TOKEN_MILLISECONDS = 3_600_000;

/** Image references say docker.io; the API of that registry is elsewhere. */
const API_HOSTS: Readonly<Record<string, string>> = { 'docker.io': 'registry-1.docker.io' };

const TokenAnswer = z.object({ token: z.string().optional(), access_token: z.string().optional() });

/** An installation in the embedded cloud is on somebody's own machine, and so are its registries. */
const isEmbedded = (): boolean => process.env.AWS_ENDPOINT_URL !== undefined;

/** @param guard which addresses may be called */
export function ociRegistry(
  access: RegistryAccess,
  guard: Guard = isEmbedded() ? async () => {} : assertPublic,
): Registry {
  const { host, insecure, username, password } = access;
  return {
    async ensureRepository({ projectSlug, service }) {
      return { host, repository: `${projectSlug}/${service}`, insecure };
    },
    async token() {
      return { username, password, expiresAt: new Date(Date.now() + TOKEN_MILLISECONDS) };
    },
    async describe(repository, digest) {
      const stored = await storedImage(reader(access, repository, guard), digest);
      // The API knows no way from a digest to its tags but to ask for each tag.
      return stored && { ...stored, tags: [] };
    },
  };
}

function reader(
  { host, insecure, username, password }: RegistryAccess,
  repository: string,
  guard: Guard,
): ImageReader {
  const base = new URL(`${insecure ? 'http' : 'https'}://${API_HOSTS[host] ?? host}/v2/${repository}/`);
  if (base.pathname !== `/v2/${repository}/`)
    throw new RegistryError(`'${repository}' is not a valid repository name.`);
  const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const credentials = username === '' && password === '' ? undefined : basic;
  let authorization: string | undefined;

  const ask = (path: string, accept?: string): Promise<Response> => {
    const headers = new Headers(accept === undefined ? {} : { accept });
    if (authorization !== undefined) headers.set('authorization', authorization);
    return fetchSafely(new URL(path, base), { headers }, guard);
  };
  /** The first answer without authorization says how the registry wants it. */
  const authorized = async (path: string, accept?: string): Promise<Response> => {
    const first = await ask(path, accept);
    if (first.status !== 401) return first;
    await first.body?.cancel();
    authorization = await answerTo(first.headers.get('www-authenticate') ?? '', {
      base,
      repository,
      credentials,
      guard,
    });
    return ask(path, accept);
  };
  const document = async (path: string, accept?: string) => {
    const response = await authorized(path, accept);
    if (response.ok) return { bytes: await limitedBytes(response), headers: response.headers };
    await response.body?.cancel();
    if (response.status === 404) return undefined;
    throw refusal(host, response);
  };

  return {
    async manifest(digest) {
      const found = await document(`manifests/${digest}`, MANIFEST_TYPES.join(', '));
      const mediaType = found?.headers.get('content-type')?.split(';')[0]?.trim() ?? '';
      return found && { bytes: found.bytes, mediaType };
    },
    blob: async (digest) => (await document(`blobs/${digest}`))?.bytes,
  };
}

/** What a challenge asks for: the credential itself, or a token that is bought with it. @throws RegistryError */
async function answerTo(
  challenge: string,
  {
    base,
    repository,
    credentials,
    guard,
  }: { base: URL; repository: string; credentials: string | undefined; guard: Guard },
): Promise<string> {
  const refused = () => new RegistryError(`${base.host} refused the credentials (401).`);
  if (/^basic\b/i.test(challenge) && credentials !== undefined) return credentials;
  const { realm, service } = parametersOf(challenge);
  if (!/^bearer\b/i.test(challenge) || realm === undefined || !URL.canParse(realm)) throw refused();
  const url = new URL(realm);
  assertSafe(url, base);
  if (service !== undefined) url.searchParams.set('service', service);
  url.searchParams.set('scope', `repository:${repository}:pull`);
  const headers = new Headers(credentials === undefined ? {} : { authorization: credentials });
  const response = await fetchSafely(url, { headers }, guard);
  if (!response.ok) {
    await response.body?.cancel();
    throw response.status === 401 ? refused() : refusal(url.host, response);
  }
  const answer = TokenAnswer.safeParse(parsedJson(await limitedBytes(response))).data;
  const token = answer?.token ?? answer?.access_token;
  if (token === undefined) throw new RegistryError(`${url.host} gave no token.`);
  return `Bearer ${token}`;
}

/** `key="value"` pairs of a challenge (RFC 9110 section 11.2). */
function parametersOf(challenge: string): Partial<Record<string, string>> {
  const pairs = challenge.matchAll(/([a-z_]+)="([^"]*)"/gi);
  return Object.fromEntries([...pairs].map(([, key = '', value = '']) => [key.toLowerCase(), value]));
}

function parsedJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
}
