/**
 * Reads a CDK cloud assembly (`cdk.out`): its stacks in the order in which they depend on each other, and its file
 * assets (https://github.com/aws/aws-cdk-cli/tree/main/packages/%40aws-cdk/cloud-assembly-schema).
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Template, TemplateError, templateSchema } from './template.ts';

export interface Stack {
  readonly name: string;
  readonly template: Template;
}

export interface Asset {
  readonly path: string;
  readonly packaging: 'zip' | 'file';
}

export interface Assembly {
  readonly stacks: readonly Stack[];
  /** By `bucket/key`. */
  readonly assets: ReadonlyMap<string, Asset>;
}

const manifestSchema = z.object({
  artifacts: z
    .record(
      z.string(),
      z.object({
        type: z.string(),
        dependencies: z.array(z.string()).default([]),
        properties: z
          .object({
            templateFile: z.string().optional(),
            stackName: z.string().optional(),
            directoryName: z.string().optional(),
            file: z.string().optional(),
          })
          .optional(),
      }),
    )
    .default({}),
});

const assetsSchema = z.object({
  files: z
    .record(
      z.string(),
      z.object({
        source: z.object({ path: z.string().optional(), packaging: z.enum(['zip', 'file']).default('file') }),
        destinations: z.record(z.string(), z.object({ bucketName: z.string(), objectKey: z.string() })),
      }),
    )
    .default({}),
});

/** The values that CDK leaves open in the names of asset buckets. */
export interface Placeholders {
  readonly accountId: string;
  readonly region: string;
}

/**
 * @param folder a `cdk.out`; assemblies of stages inside it are read as well
 * @throws TemplateError when there is no assembly, or it is not one
 */
export function readAssembly(folder: string, placeholders: Placeholders): Assembly {
  const assets = new Map<string, Asset>();
  const stacks = readStacks(folder, placeholders, assets);
  return { stacks, assets };
}

function readStacks(folder: string, placeholders: Placeholders, assets: Map<string, Asset>): Stack[] {
  const { artifacts } = readJson(join(folder, 'manifest.json'), manifestSchema);
  const stacks: Stack[] = [];
  const visited = new Set<string>();
  const visit = (id: string): void => {
    const artifact = artifacts[id];
    if (artifact === undefined || visited.has(id)) return;
    visited.add(id);
    artifact.dependencies.forEach(visit);
    const { templateFile, stackName, directoryName, file } = artifact.properties ?? {};
    if (artifact.type === 'aws:cloudformation:stack' && templateFile !== undefined) {
      stacks.push({ name: stackName ?? id, template: readJson(join(folder, templateFile), templateSchema) });
    } else if (artifact.type === 'cdk:asset-manifest' && file !== undefined) {
      readAssets(folder, file, placeholders, assets);
    } else if (artifact.type === 'cdk:cloud-assembly' && directoryName !== undefined) {
      stacks.push(...readStacks(join(folder, directoryName), placeholders, assets));
    }
  };
  Object.keys(artifacts).forEach(visit);
  return stacks;
}

function readAssets(
  folder: string,
  file: string,
  placeholders: Placeholders,
  assets: Map<string, Asset>,
): void {
  for (const { source, destinations } of Object.values(readJson(join(folder, file), assetsSchema).files)) {
    if (source.path === undefined) continue;
    const asset: Asset = { path: join(folder, source.path), packaging: source.packaging };
    for (const { bucketName, objectKey } of Object.values(destinations)) {
      assets.set(`${fill(bucketName, placeholders)}/${fill(objectKey, placeholders)}`, asset);
    }
  }
}

function fill(text: string, { accountId, region }: Placeholders): string {
  const values: Record<string, string> = { AccountId: accountId, Region: region, Partition: 'aws' };
  return text.replace(/\$\{AWS::(\w+)\}/g, (placeholder, name: string) => values[name] ?? placeholder);
}

function readJson<T>(path: string, schema: z.ZodType<T>): T {
  if (!existsSync(path)) throw new TemplateError(`${path} does not exist. Synthesize the CDK app first.`);
  const parsed = schema.safeParse(parsedJson(path));
  if (parsed.success) return parsed.data;
  throw new TemplateError(`${path} is not what CDK writes: ${z.prettifyError(parsed.error)}`);
}

function parsedJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TemplateError(`${path} is damaged: ${reason}. Synthesize the CDK app again.`, { cause: error });
  }
}
