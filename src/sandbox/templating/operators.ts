// The operators of the template language on values that are there, as Python has them.
import { listOf } from './lists.ts';
import { isList, Missing, plain, templateError, textOf, type Value } from './value.ts';

/** Python's: a number never equals a text. A missing parameter equals nothing. */
export function equal(left: Value, right: Value): boolean {
  if (left instanceof Missing || right instanceof Missing) return false;
  const [a, b] = [plain(left), plain(right)];
  if (isList(a) && isList(b))
    return a.length === b.length && a.every((item, index) => equal(item, b[index] ?? null));
  return a === b;
}

/** A missing parameter is in nothing, and nothing is in it. */
export function contains(container: Value, value: Value): boolean {
  if (value instanceof Missing || container instanceof Missing) return false;
  const inner = plain(container);
  if (typeof inner === 'string') return inner.includes(textOf(value, 'in'));
  return listOf(inner).some((item) => equal(item, value));
}

/** Numbers, texts or lists. */
export function add(left: Value, right: Value): Value {
  if (typeof left === 'number' && typeof right === 'number') return left + right;
  if (typeof left === 'string' && typeof right === 'string') return left + right;
  if (isList(left) && isList(right)) return [...left, ...right];
  throw templateError('+ needs two numbers, two texts or two lists');
}

/** The operators on two numbers; texts can be compared. */
export function compute(operator: string, left: Value, right: Value): Value {
  if (typeof left === 'string' && typeof right === 'string') {
    const order = left === right ? 0 : left < right ? -1 : 1;
    if (operator.startsWith('<') || operator.startsWith('>')) return compute(operator, order, 0);
  }
  if (typeof left !== 'number' || typeof right !== 'number')
    throw templateError(`${operator} needs two numbers`);
  switch (operator) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    default:
      return divide(operator, left, right);
  }
}

function divide(operator: string, left: number, right: number): number {
  if (right === 0) throw templateError('division by zero');
  if (operator === '/') return left / right;
  const quotient = Math.floor(left / right);
  return operator === '//' ? quotient : left - quotient * right;
}
