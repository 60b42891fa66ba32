/** Makes the resources of a stack, each as soon as everything that it needs exists. */
import { createHash } from 'node:crypto';
import type { Materialized, ResourceProvider, ResourceRequest } from '../service.ts';
import type { Stack } from './assembly.ts';
import { dependencies } from './dependencies.ts';
import { type CallService, resolveDynamicReferences } from './dynamic-references.ts';
import { createEvaluator, type Evaluator } from './intrinsics.ts';
import { type Account, pseudoParameters, templateParameters } from './parameters.ts';
import { isObject, TemplateError, type TemplateResource } from './template.ts';

export interface DeployOptions {
  readonly account: Account;
  readonly parameters: Readonly<Record<string, string>>;
  /** Values that stacks export for each other; a stack adds its own. */
  readonly exports: Map<string, string>;
  readonly call: CallService;
  /** Who makes a type of resource. @throws TemplateError for a type that nobody makes */
  readonly provider: (type: string) => ResourceProvider;
}

export interface DeployedStack {
  readonly resources: ReadonlyMap<string, Materialized>;
  readonly outputs: Readonly<Record<string, string>>;
}

/** @throws TemplateError with the logical id and the type of the resource that could not be made */
export async function deployStack(stack: Stack, options: DeployOptions): Promise<DeployedStack> {
  const { template } = stack;
  if (template.Transform !== undefined) {
    throw new TemplateError(
      `The embedded cloud does not implement Transform ${JSON.stringify(template.Transform)}`,
    );
  }
  const resources = new Map<string, Materialized>();
  const parameters = await allParameters(stack, options);
  const evaluator = createEvaluator({ template, parameters, resources, exports: options.exports });
  const included = new Set(
    Object.entries(template.Resources)
      .filter(([, { Condition }]) => Condition === undefined || evaluator.condition(Condition))
      .map(([logicalId]) => logicalId),
  );
  const needs = dependencies(template, included, evaluator.condition);

  const underway = new Map<string, Promise<void>>();
  const make = (logicalId: string): Promise<void> => {
    const known = underway.get(logicalId);
    if (known !== undefined) return known;
    const made = Promise.all([...(needs.get(logicalId) ?? [])].map(make)).then(async () => {
      const resource = template.Resources[logicalId];
      if (resource === undefined) return;
      resources.set(logicalId, await makeResource(stack.name, logicalId, resource, evaluator, options));
    });
    underway.set(logicalId, made);
    return made;
  };
  // Everything settles first, so that no resource is still being made when the failure is reported.
  const results = await Promise.allSettled([...included].map(make));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return { resources, outputs: await outputs(stack, evaluator, options) };
}

async function allParameters(stack: Stack, options: DeployOptions): Promise<Map<string, string | string[]>> {
  const { Resources, Conditions, Outputs } = stack.template;
  const text = JSON.stringify([Resources, Conditions, Outputs]);
  const used = (name: string) => text.includes(`"${name}"`) || text.includes(`\${${name}}`);
  const own = await templateParameters(stack, options.parameters, used, options.call);
  return new Map([...pseudoParameters(stack.name, options.account), ...own]);
}

async function makeResource(
  stackName: string,
  logicalId: string,
  resource: TemplateResource,
  { evaluate }: Evaluator,
  options: DeployOptions,
): Promise<Materialized> {
  try {
    const properties = await resolveDynamicReferences(evaluate(resource.Properties), options.call);
    const metadata = evaluate(resource.Metadata);
    const request: ResourceRequest = {
      type: resource.Type,
      logicalId,
      generatedName: generatedName(stackName, logicalId, options.account),
      properties: isObject(properties) ? properties : {},
      definition: {
        ...(resource.DeletionPolicy !== undefined && { DeletionPolicy: resource.DeletionPolicy }),
        ...(isObject(metadata) && { Metadata: metadata }),
      },
    };
    return await options.provider(resource.Type)(request);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TemplateError(`${logicalId} (${resource.Type}) of stack ${stackName}: ${reason}`, {
      cause: error,
    });
  }
}

function generatedName(stackName: string, logicalId: string, { accountId, region }: Account): string {
  const digest = createHash('sha256')
    .update([accountId, region, stackName, logicalId].join('/'))
    .digest('hex');
  return `${stackName}-${logicalId}-${digest.slice(0, 8)}`;
}

async function outputs(
  { template, name: stackName }: Stack,
  { evaluate, condition }: Evaluator,
  options: DeployOptions,
): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const [key, { Value, Condition, Export }] of Object.entries(template.Outputs)) {
    if (Condition !== undefined && !condition(Condition)) continue;
    try {
      values[key] = String(await resolveDynamicReferences(evaluate(Value), options.call));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new TemplateError(`Output ${key} of stack ${stackName}: ${reason}`, { cause: error });
    }
    if (Export !== undefined) options.exports.set(String(evaluate(Export.Name)), values[key]);
  }
  return values;
}
