/** From the URI of an image to the code of a version: which layers it has, and how it wants to be started. */
import { join } from 'node:path';
import { z } from 'zod';
import type { AwsError, Call } from '../../service.ts';
import { functionArn, invalidParameter, type Lambda } from '../context.ts';
import type { Code } from '../records.ts';
import { parseImageUri } from './image-uri.ts';
import { checkArchitecture, requireImages } from './machine.ts';
import { download, findImage } from './registry.ts';

/** What Lambda takes: tar files, packed by gzip or not (https://docs.aws.amazon.com/lambda/latest/dg/images-create.html). */
const CONFIGS = [
  'application/vnd.docker.container.image.v1+json',
  'application/vnd.oci.image.config.v1+json',
];
const LAYERS = [
  'application/vnd.docker.image.rootfs.diff.tar.gzip',
  'application/vnd.oci.image.layer.v1.tar',
  'application/vnd.oci.image.layer.v1.tar+gzip',
];

/** As for manifests: real configurations have some kilobytes. */
const CONFIG_LIMIT = 4 * 2 ** 20;

const manifestSchema = z.object({
  config: z.object({ mediaType: z.enum(CONFIGS), digest: z.string() }),
  layers: z.array(z.object({ mediaType: z.enum(LAYERS), digest: z.string(), size: z.number() })),
});
const words = z.array(z.string()).nullish();
const configSchema = z.object({
  architecture: z.string(),
  os: z.literal('linux'),
  config: z.object({ Entrypoint: words, Cmd: words, WorkingDir: z.string().nullish(), Env: words }).nullish(),
});

/**
 * @param name the function that is to run it
 * @throws InvalidParameterValueException, AccessDeniedException
 */
export async function codeFromImage(
  lambda: Lambda,
  call: Call,
  { name, uri, architectures }: { name: string; uri: string; architectures: readonly string[] },
): Promise<Code> {
  await requireImages();
  const { cloud } = lambda;
  const parsed = parseImageUri(uri, `127.0.0.1:${await cloud.port('ecr')}`);
  const arn = functionArn(lambda, { name, qualifier: '' });
  const { digest, manifest } = await findImage(cloud, call, arn, uri, parsed);
  const { config, layers } = supported(manifestSchema, uri, manifest);
  const document = await textOf(await download(cloud, arn, parsed.repository, config.digest), uri);
  const { architecture, config: settings } = supported(configSchema, uri, document);
  checkArchitecture(uri, architecture, architectures);
  const hex = digest.replace('sha256:', '');
  return {
    folder: join(cloud.stateDir('lambda'), 'images', hex),
    sha256: hex,
    size: 0,
    image: {
      uri,
      resolvedUri: `${parsed.registry}/${parsed.repository}@${digest}`,
      repository: parsed.repository,
      layers: layers.map(({ digest: layer, size }) => ({ digest: layer, size })),
      entryPoint: settings?.Entrypoint ?? [],
      command: settings?.Cmd ?? [],
      workingDirectory: settings?.WorkingDir ?? '',
      environment: Object.fromEntries((settings?.Env ?? []).map(pair)),
    },
  };
}

/** @throws InvalidParameterValueException when it is longer than any image needs */
async function textOf(bytes: AsyncIterable<Uint8Array>, uri: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > CONFIG_LIMIT) throw unsupported(uri, 'its configuration is larger than 4 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function supported<T extends z.ZodType>(schema: T, uri: string, document: string): z.infer<T> {
  const result = schema.safeParse(parsedJson(document, uri));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw unsupported(uri, `${issue?.path.join('.')}: ${issue?.message}`);
}

function parsedJson(document: string, uri: string): unknown {
  try {
    return JSON.parse(document);
  } catch (error) {
    throw unsupported(uri, error instanceof Error ? error.message : String(error));
  }
}

function unsupported(uri: string, why: string): AwsError {
  return invalidParameter(
    `The image manifest, config or layer media type for the source image ${uri} is not supported (${why}). Lambda runs single images for Linux, not lists of images.`,
  );
}

function pair(variable: string): [string, string] {
  const mark = variable.indexOf('=');
  return mark === -1 ? [variable, ''] : [variable.slice(0, mark), variable.slice(mark + 1)];
}
