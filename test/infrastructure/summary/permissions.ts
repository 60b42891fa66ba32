/** Who may do what: roles with their statements, and policies of resources. */
import type { Resources } from './resources.ts';
import { arrayOf, fieldsOf, target, text } from './words.ts';

/** `allow StorageTable: dynamodb:GetItem, dynamodb:Query`, one line for each resource and condition of a statement. */
export function statements(document: unknown): string[] {
  const { Statement, Version, ...beside } = fieldsOf(document);
  const unusual = { ...(Version === '2012-10-17' ? {} : { Version }), ...beside };
  const told = Object.keys(unusual).length === 0 ? [] : [text(unusual)];
  const lines = arrayOf(Statement).flatMap((statement) => {
    const { Effect, Action, Resource, Principal, Condition, Sid: _, ...others } = fieldsOf(statement);
    const who = Principal === undefined ? '' : ` by ${target(Principal)}`;
    const when = Condition === undefined ? '' : ` if ${text(Condition)}`;
    const more = Object.keys(others).length === 0 ? '' : ` ${text(others)}`;
    const actions = arrayOf(Action).map(String).toSorted().join(', ');
    const resources = Resource === undefined ? [''] : arrayOf(Resource).map((one) => ` ${target(one)}`);
    return resources.map((on) => `${String(Effect).toLowerCase()}${on}: ${actions}${who}${when}${more}`);
  });
  return [...told, ...lines];
}

/** `lambda`, where a service or a role may take a role; whoever may under a condition, as the statement has it. */
function trusted(document: unknown): {
  readonly plain: readonly string[];
  readonly others: readonly string[];
} {
  const { Statement, Version, ...more } = fieldsOf(document);
  const plain: string[] = [];
  const unusual = { ...(Version === '2012-10-17' ? {} : { Version }), ...more };
  const others = Object.keys(unusual).length === 0 ? [] : [`trust: ${text(unusual)}`];
  for (const statement of arrayOf(Statement)) {
    const { Effect, Action, Principal, ...terms } = fieldsOf(statement);
    const usual = Effect === 'Allow' && Action === 'sts:AssumeRole' && Object.keys(terms).length === 0;
    const [[kind = '', who] = [], ...further] = Object.entries(fieldsOf(Principal));
    if (usual && further.length === 0 && /^(Service|AWS)$/.test(kind))
      plain.push(target(who).replace('.amazonaws.com', ''));
    else others.push(`trusts ${text(statement)}`);
  }
  return { plain, others };
}

export function roles(resources: Resources): string[] {
  const policies = resources.take('AWS::IAM::Policy').flatMap(([name, properties]) => {
    properties.take('PolicyName');
    const attached = arrayOf(properties.take('Roles')).map(target);
    const lines = [...statements(properties.take('PolicyDocument')), ...properties.rest];
    return (attached.length === 0 ? [name] : attached).map((role) => ({ role, lines }));
  });
  const granted = Map.groupBy(policies, ({ role }) => role);
  const known = resources.take('AWS::IAM::Role').map(([name, properties]) => {
    const { plain, others } = trusted(properties.take('AssumeRolePolicyDocument'));
    return {
      name,
      title: `${name} (${plain.join(', ')})`.replace(' ()', ''),
      lines: [...others, ...properties.rest],
    };
  });
  const names = new Set(known.map(({ name }) => name));
  // Roles from elsewhere, which only policies name.
  const foreign = [...granted.keys()]
    .filter((name) => !names.has(name))
    .map((name) => ({ name, title: name, lines: [] }));
  return [...known, ...foreign]
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ name, title, lines }) => {
      const allowed = (granted.get(name) ?? []).flatMap((policy) => policy.lines).toSorted();
      return ['', title, ...[...lines, ...allowed].map((line) => `  ${line}`)];
    });
}

/** Policies of resources: buckets, queues. */
export const resourcePolicies =
  (type: string, of: string) =>
  (resources: Resources): string[] =>
    resources.take(type).flatMap(([name, properties]) => {
      const on = arrayOf(properties.take(of)).map(target).join(', ');
      const lines = [...statements(properties.take('PolicyDocument')).toSorted(), ...properties.rest];
      return ['', `${on || name}`, ...lines.map((line) => `  ${line}`)];
    });
