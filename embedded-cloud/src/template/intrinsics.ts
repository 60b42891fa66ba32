/**
 * CloudFormation's intrinsic functions, named as they are written
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html).
 */
import type { Materialized } from '../service.ts';
import { isObject, type Template, TemplateError } from './template.ts';

/** What the functions of one stack can see. */
export interface Scope {
  readonly template: Template;
  /** `AWS::Region` and the like, and the template's parameters. */
  readonly parameters: ReadonlyMap<string, string | readonly string[]>;
  /** Resources made so far. */
  readonly resources: ReadonlyMap<string, Materialized>;
  /** Exported values of other stacks. */
  readonly exports: ReadonlyMap<string, string>;
}

/** Stands for `AWS::NoValue`: the property that has it is left out. */
const NO_VALUE = Symbol('AWS::NoValue');

type Intrinsic = (argument: unknown) => unknown;

export interface Evaluator {
  /** Resolves every function in a value. */
  readonly evaluate: (value: unknown) => unknown;
  /** A condition of the template, by its name. */
  readonly condition: (name: string) => boolean;
}

export function createEvaluator(scope: Scope): Evaluator {
  const conditionsUnderway = new Set<string>();

  const intrinsics: Record<string, Intrinsic> = {
    Ref: (argument) => reference(String(argument)),

    'Fn::GetAtt': (argument) => {
      const [logicalId = '', ...rest] = typeof argument === 'string' ? argument.split('.') : texts(argument);
      return attribute(logicalId, rest.join('.'));
    },

    'Fn::Sub': (argument) => {
      const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
      const own: Record<string, unknown> = isObject(variables) ? variables : {};
      return String(text).replace(/\$\{(!?)([^}]*)\}/g, (_, literal: string, name: string) => {
        if (literal !== '') return `\${${name}}`;
        const key = name.trim();
        if (Object.hasOwn(own, key)) return textOf(evaluate(own[key]), `Fn::Sub's ${key}`);
        const dot = key.indexOf('.');
        const value = dot === -1 ? reference(key) : attribute(key.slice(0, dot), key.slice(dot + 1));
        return textOf(value, `Fn::Sub's ${key}`);
      });
    },

    'Fn::Join': (argument) => {
      const [separator, values] = pair(argument, 'Fn::Join');
      return texts(values).join(String(separator));
    },

    'Fn::Select': (argument) => {
      const [index, values] = pair(argument, 'Fn::Select');
      const list = items(evaluate(values));
      const position = Number(evaluate(index));
      if (position in list) return list[position];
      throw new TemplateError(`Fn::Select: there is no item ${position} in a list of ${list.length}`);
    },

    'Fn::Split': (argument) => {
      const [separator, text] = pair(argument, 'Fn::Split');
      return textOf(evaluate(text), 'Fn::Split').split(String(separator));
    },

    'Fn::If': (argument) => {
      const [name, whenTrue, whenFalse] = items(argument);
      return keepNoValue(condition(String(name)) ? whenTrue : whenFalse);
    },

    'Fn::Equals': (argument) => {
      const [left, right] = pair(argument, 'Fn::Equals').map((side) => evaluate(side));
      return JSON.stringify(left) === JSON.stringify(right);
    },
    'Fn::And': (argument) => items(argument).every(isTrue),
    'Fn::Or': (argument) => items(argument).some(isTrue),
    'Fn::Not': (argument) => !items(argument).some(isTrue),
    Condition: (argument) => condition(String(argument)),

    'Fn::FindInMap': (argument) => {
      const [map = '', first = '', second = ''] = texts(argument);
      const value = scope.template.Mappings[map]?.[first]?.[second];
      if (value !== undefined) return evaluate(value);
      throw new TemplateError(`Fn::FindInMap: there is no ${map}.${first}.${second} in Mappings`);
    },

    'Fn::ImportValue': (argument) => {
      const name = String(evaluate(argument));
      const value = scope.exports.get(name);
      if (value !== undefined) return value;
      throw new TemplateError(`Fn::ImportValue: no stack made before this one exports ${name}`);
    },

    'Fn::Base64': (argument) => Buffer.from(textOf(evaluate(argument), 'Fn::Base64')).toString('base64'),

    // The account's zones are named as most regions name them.
    'Fn::GetAZs': (argument) => {
      const region = String(evaluate(argument) || reference('AWS::Region'));
      return ['a', 'b', 'c'].map((zone) => region + zone);
    },
  };

  function evaluate(value: unknown): unknown {
    const result = keepNoValue(value);
    return result === NO_VALUE ? undefined : result;
  }

  function keepNoValue(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(keepNoValue).filter((item) => item !== NO_VALUE);
    if (!isObject(value)) return value;
    const entries = Object.entries(value);
    const [name, argument] = entries[0] ?? [''];
    if (entries.length === 1 && isFunction(name, argument)) return call(name, argument);
    return Object.fromEntries(
      entries.map(([key, item]) => [key, keepNoValue(item)] as const).filter(([, item]) => item !== NO_VALUE),
    );
  }

  function call(name: string, argument: unknown): unknown {
    const intrinsic = intrinsics[name];
    if (intrinsic !== undefined) return intrinsic(argument);
    throw new TemplateError(`The embedded cloud does not implement ${name}`);
  }

  function reference(name: string): unknown {
    if (name === 'AWS::NoValue') return NO_VALUE;
    const value = scope.parameters.get(name) ?? scope.resources.get(name)?.ref;
    if (value !== undefined) return value;
    throw new TemplateError(`Ref ${name}: there is no such parameter or resource, or its condition is false`);
  }

  function attribute(logicalId: string, name: string): unknown {
    const resource = scope.resources.get(logicalId);
    const type = scope.template.Resources[logicalId]?.Type;
    if (resource === undefined)
      throw new TemplateError(`Fn::GetAtt ${logicalId}.${name}: there is no such resource`);
    const value = Object.hasOwn(resource.attributes, name)
      ? resource.attributes[name]
      : name
          .split('.')
          .reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), resource.attributes);
    if (value !== undefined) return value;
    throw new TemplateError(
      `Fn::GetAtt ${logicalId}.${name}: ${type} has no attribute ${name} in the embedded cloud`,
    );
  }

  function condition(name: string): boolean {
    if (!Object.hasOwn(scope.template.Conditions, name))
      throw new TemplateError(`There is no condition ${name}`);
    if (conditionsUnderway.has(name)) {
      throw new TemplateError(
        `Conditions refer to each other in a circle: ${[...conditionsUnderway, name].join(' → ')}`,
      );
    }
    conditionsUnderway.add(name);
    try {
      return isTrue(scope.template.Conditions[name]);
    } finally {
      conditionsUnderway.delete(name);
    }
  }

  function isTrue(value: unknown): boolean {
    return String(evaluate(value)) === 'true';
  }

  function texts(value: unknown): string[] {
    return items(evaluate(value)).map((item) => textOf(item, 'a list'));
  }

  return { evaluate, condition };
}

/** `Condition` is a function only where its argument is a name: policies have an element of the same name. */
function isFunction(name: string, argument: unknown): boolean {
  return name === 'Ref' || name.startsWith('Fn::') || (name === 'Condition' && typeof argument === 'string');
}

function items(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw new TemplateError(`Expected a list, got ${JSON.stringify(value)}`);
}

function pair(value: unknown, name: string): [unknown, unknown] {
  const [first, second, more] = items(value);
  if (second !== undefined && more === undefined) return [first, second];
  throw new TemplateError(`${name} takes two arguments`);
}

function textOf(value: unknown, place: string): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  throw new TemplateError(`${place} must be text, got ${JSON.stringify(value)}`);
}
