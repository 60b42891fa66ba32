/** Values of a template in one line each: references by name, functions as what they come to, no quotes. */

type Json = unknown;
export type Fields = Readonly<Record<string, Json>>;

export const isFields = (value: Json): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The logical id without the hash that the CDK puts behind it. */
export const nameOf = (logicalId: string): string => logicalId.replace(/[0-9A-F]{8}$/, '');

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Partition': '<partition>',
  'AWS::Region': '<region>',
  'AWS::AccountId': '<account>',
};
const referenceOf = (name: string): string => PSEUDO[name] ?? nameOf(name);

/** Intrinsic functions, each with how it reads. */
const FUNCTIONS: Readonly<Record<string, (argument: Json) => string>> = {
  Ref: (name) => referenceOf(String(name)),
  'Fn::GetAtt': (path) => {
    const [resource, attribute] = [path].flat().map(String);
    return `${nameOf(resource ?? '')}.${attribute}`;
  },
  'Fn::Join': (argument) => {
    const [between, parts] = Array.isArray(argument) ? argument : [];
    return Array.isArray(parts) ? parts.map(text).join(String(between)) : `<join ${text(argument)}>`;
  },
  'Fn::Sub': (argument) =>
    typeof argument === 'string'
      ? argument.replace(/\$\{([^}]+)\}/g, (_, name: string) => referenceOf(name))
      : `<sub ${text(argument)}>`,
  'Fn::If': (argument) => {
    const [condition, yes, no] = Array.isArray(argument) ? argument : [];
    return `<if ${nameOf(String(condition))}: ${text(yes)}, else ${text(no) || 'nothing'}>`;
  },
};

/** @returns how `{ Ref: … }` and the like read, undefined of anything else */
function intrinsicOf(value: Fields): string | undefined {
  const [[name = '', argument] = [], ...more] = Object.entries(value);
  return more.length === 0 ? FUNCTIONS[name]?.(argument) : undefined;
}

/** @returns the value in one line; what it does not know by name it writes out in full, so nothing is lost */
export function text(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(text).join(', ')}]`;
  if (!isFields(value))
    return String(value)
      .replace(/[0-9a-f]{64}(?=\.(zip|json))/g, '<asset>')
      .replaceAll('\n', '\\n');
  const intrinsic = intrinsicOf(value);
  if (intrinsic !== undefined) return intrinsic;
  return `{${Object.entries(value)
    .map(([key, member]) => `${key}: ${text(member)}`)
    .join(', ')}}`;
}

/** What is referred to, whether by its name, its ARN or its id. */
export const target = (value: Json): string => text(value).replace(/\.Arn\b/g, '');

/** Lines in the order of the alphabet. @param widths fixed, so that a longer word changes its own line alone */
export const columns = (widths: readonly number[], rows: readonly (readonly string[])[]): string[] =>
  rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join(' ')
        .trimEnd(),
    )
    .toSorted();

export const arrayOf = (value: Json): Json[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];
export const fieldsOf = (value: Json): Fields => (isFields(value) ? value : {});

/** As wide as the code. */
const LINE = 110;

/** `name: value`, and of a value that is too long for a line each member in one of its own. */
export function fieldLines(fields: Fields): string[] {
  return Object.entries(fields).flatMap(([name, value]) => {
    const line = `${name}: ${text(value)}`;
    const long = line.length > LINE;
    if (long && Array.isArray(value)) return [`${name}:`, ...value.map((one) => `  - ${text(one)}`)];
    if (!long || !isFields(value) || intrinsicOf(value) !== undefined) return [line];
    const inner = fieldLines(value);
    return [`${name}:`, ...inner.map((one) => `  ${one}`)];
  });
}
