/** Which resources must exist before which: `DependsOn`, and every `Ref`, `Fn::GetAtt` and `Fn::Sub` in what is used. */
import { isObject, type Template, TemplateError } from './template.ts';

/**
 * @param included logical ids of the resources whose condition holds
 * @param condition evaluates a condition, so that only the chosen branch of an `Fn::If` counts
 * @returns for every included resource the resources that it needs
 * @throws TemplateError when resources need each other in a circle, with the way around it
 */
export function dependencies(
  template: Template,
  included: ReadonlySet<string>,
  condition: (name: string) => boolean,
): Map<string, ReadonlySet<string>> {
  const needs = new Map<string, ReadonlySet<string>>();
  for (const logicalId of included) {
    const resource = template.Resources[logicalId];
    if (resource === undefined) continue;
    const names = [...resource.DependsOn, ...references([resource.Properties, resource.Metadata], condition)];
    needs.set(logicalId, new Set(names.filter((name) => included.has(name))));
  }
  refuseCircles(needs);
  return needs;
}

function* references(value: unknown, condition: (name: string) => boolean): Generator<string> {
  if (Array.isArray(value)) {
    for (const item of value) yield* references(item, condition);
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) yield* referencesOf(key, item, condition);
  }
}

function* referencesOf(key: string, value: unknown, condition: (name: string) => boolean): Generator<string> {
  if (key === 'Ref' && typeof value === 'string') yield value;
  else if (key === 'Fn::GetAtt') yield String(Array.isArray(value) ? value[0] : value).split('.')[0] ?? '';
  else if (key === 'Fn::If' && Array.isArray(value)) {
    yield* references(condition(String(value[0])) ? value[1] : value[2], condition);
  } else if (key === 'Fn::Sub') {
    const text = String(Array.isArray(value) ? value[0] : value);
    for (const [, name = ''] of text.matchAll(/\$\{([^!}][^}]*)\}/g)) yield name.trim().split('.')[0] ?? '';
    if (Array.isArray(value)) yield* references(value[1], condition);
  } else yield* references(value, condition);
}

function refuseCircles(needs: ReadonlyMap<string, ReadonlySet<string>>): void {
  const done = new Set<string>();
  const visit = (logicalId: string, path: readonly string[]): void => {
    const start = path.indexOf(logicalId);
    if (start !== -1) {
      throw new TemplateError(
        `Resources need each other in a circle: ${[...path.slice(start), logicalId].join(' → ')}`,
      );
    }
    if (done.has(logicalId)) return;
    for (const need of needs.get(logicalId) ?? []) visit(need, [...path, logicalId]);
    done.add(logicalId);
  };
  for (const logicalId of needs.keys()) visit(logicalId, []);
}
