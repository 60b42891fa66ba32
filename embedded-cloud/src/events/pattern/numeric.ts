/** `{"numeric": ["=", 5]}` and ranges `{"numeric": [">", 0, "<=", 5]}`. */
import { invalidPattern } from './error.ts';

/** Numbers that a pattern may name: ±5 × 10⁹ (user guide, "Numeric matching"). */
const LIMIT = 5e9;

/** @throws AwsError InvalidEventPatternException */
export function compileNumeric(operand: unknown): (value: unknown) => boolean {
  if (!Array.isArray(operand)) throw invalidPattern('Value of numeric must be an array.');
  if (operand.length === 0) throw invalidPattern('Invalid member in numeric match: ]');
  const tests: ((value: number) => boolean)[] = [];
  const operators: string[] = [];
  for (let index = 0; index < operand.length; index += 2) {
    const operator: unknown = operand[index];
    const bound: unknown = operand[index + 1];
    if (typeof operator !== 'string') throw invalidPattern('Invalid member in numeric match');
    if (typeof bound !== 'number') throw invalidPattern(`Value of ${operator} must be numeric`);
    if (Math.abs(bound) > LIMIT) {
      throw invalidPattern('Value must be between -5000000000.0 and 5000000000.0, inclusive');
    }
    tests.push(comparison(operator, bound));
    operators.push(operator);
  }
  checkCombination(operators, operand);
  return (value) => typeof value === 'number' && tests.every((test) => test(value));
}

function comparison(operator: string, bound: number): (value: number) => boolean {
  switch (operator) {
    case '=':
      return (value) => value === bound;
    case '<':
      return (value) => value < bound;
    case '<=':
      return (value) => value <= bound;
    case '>':
      return (value) => value > bound;
    case '>=':
      return (value) => value >= bound;
    default:
      throw invalidPattern(`Unrecognized numeric range operator: ${operator}`);
  }
}

/** One comparison, or a lower bound followed by a greater upper one. */
function checkCombination(operators: readonly string[], operand: readonly unknown[]): void {
  const [first = '', second] = operators;
  if (second === undefined) return;
  if (operators.length > 2) throw invalidPattern('Too many terms in numeric range expression');
  const [, low, , high] = operand;
  if (!first.startsWith('>') || !second.startsWith('<')) {
    throw invalidPattern('Bad numeric range operator');
  }
  if (typeof low === 'number' && typeof high === 'number' && low >= high) {
    throw invalidPattern('Bottom must be less than top');
  }
}
