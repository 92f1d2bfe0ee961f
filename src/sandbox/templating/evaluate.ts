// Evaluates expressions of a template. Nothing here runs code: the functions are those of the language, the names are values.
import type { Expression } from './expression.ts';
import { functionNamed, isLenient, type Surroundings } from './functions.ts';
import { listOf } from './lists.ts';
import { callMethod } from './methods.ts';
import { add, compute, contains, equal } from './operators.ts';
import type { Call } from './types.ts';
import { isDict, isList, Missing, plain, templateError, textOf, truthy, type Value } from './value.ts';

/** One rendering. */
export interface Scope extends Surroundings {
  readonly params: ReadonlyMap<string, string>;
  /** What `set` and `for` bind; they hide parameters. */
  readonly variables: Map<string, Value>;
  readonly used: Set<string>;
  /** Parameters that were needed and are not there, in the order of need. */
  readonly missing: Set<string>;
}

const CONSTANTS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['None', null],
  ['none', null],
  ['True', true],
  ['true', true],
  ['False', false],
  ['false', false],
]);

export function evaluate(expression: Expression, scope: Scope): Value {
  switch (expression.type) {
    case 'Identifier':
      return lookUp(expression.value, scope);
    case 'IntegerLiteral':
    case 'FloatLiteral':
    case 'StringLiteral':
      return expression.value;
    case 'ArrayLiteral':
    case 'TupleLiteral':
      return expression.value.map((item) => evaluate(item, scope));
    case 'ObjectLiteral':
      return new Map(
        [...expression.value].map(([key, value]) => [
          textOf(evaluate(key, scope), 'key'),
          evaluate(value, scope),
        ]),
      );
    case 'Ternary':
      return evaluate(
        truthy(evaluate(expression.condition, scope)) ? expression.trueExpr : expression.falseExpr,
        scope,
      );
    case 'UnaryExpression':
      return unary(expression.operator.value, evaluate(expression.argument, scope), scope);
    case 'BinaryExpression':
      return binary(expression, scope);
    case 'TestExpression':
      return isTest(expression, scope);
    case 'CallExpression':
      return call(expression, scope);
    case 'MemberExpression':
      return member(expression, scope);
  }
}

function lookUp(name: string, scope: Scope): Value {
  const variable = scope.variables.get(name);
  if (variable !== undefined) return variable;
  const constant = CONSTANTS.get(name);
  if (constant !== undefined) return constant;
  scope.used.add(name);
  return scope.params.get(name) ?? new Missing(name);
}

/** A value that must be there: a missing one is noted, and its sample goes on in its place. */
export function need(value: Value, scope: Scope): Exclude<Value, Missing> {
  if (!(value instanceof Missing)) return value;
  scope.missing.add(value.name);
  return value.sample;
}

const needPlain = (value: Value, scope: Scope) => plain(need(value, scope));

function unary(operator: 'not' | '-' | '+', value: Value, scope: Scope): Value {
  if (operator === 'not') return !truthy(value);
  const number = needPlain(value, scope);
  if (typeof number !== 'number') throw templateError(`${operator} needs a number`);
  return operator === '-' ? -number : number;
}

type Binary = Extract<Expression, { type: 'BinaryExpression' }>;

function binary(expression: Binary, scope: Scope): Value {
  const operator = expression.operator.value;
  const left = evaluate(expression.left, scope);
  if (operator === 'and') return truthy(left) ? evaluate(expression.right, scope) : left;
  if (operator === 'or') return truthy(left) ? left : evaluate(expression.right, scope);
  const right = evaluate(expression.right, scope);
  switch (operator) {
    case '==':
      return equal(left, right);
    case '!=':
      return !equal(left, right);
    case 'in':
      return contains(right, left);
    case 'not in':
      return !contains(right, left);
    case '+':
      return add(needPlain(left, scope), needPlain(right, scope));
    default:
      return compute(operator, needPlain(left, scope), needPlain(right, scope));
  }
}

function isTest(expression: Extract<Expression, { type: 'TestExpression' }>, scope: Scope): boolean {
  const { test } = expression;
  if (test.type !== 'Identifier' || !CONSTANTS.has(test.value))
    throw templateError('`is` only compares with None, True and False');
  const value = evaluate(expression.operand, scope);
  const same =
    value instanceof Missing
      ? test.value.toLowerCase() === 'none'
      : equal(value, CONSTANTS.get(test.value) ?? null);
  return same !== expression.negate;
}

function call(expression: Extract<Expression, { type: 'CallExpression' }>, scope: Scope): Value {
  const { callee } = expression;
  const positional: Value[] = [];
  const named = new Map<string, Value>();
  for (const argument of expression.args) {
    if (argument.type === 'KeywordArgumentExpression')
      named.set(argument.key.value, evaluate(argument.value, scope));
    else positional.push(evaluate(argument, scope));
  }
  if (callee.type === 'MemberExpression') return method(callee, { positional, named }, scope);
  const name = callee.type === 'Identifier' ? callee.value : '';
  const fn = functionNamed(name);
  if (fn === undefined) throw templateError(`'${name}' is not a function of the template language`);
  const strict = isLenient(name) ? positional : positional.map((value) => need(value, scope));
  return fn({ positional: strict, named }, scope);
}

type Member = Extract<Expression, { type: 'MemberExpression' }>;

function member(expression: Member, scope: Scope): Value {
  const object = needPlain(evaluate(expression.object, scope), scope);
  if (!expression.computed) throw templateError('attributes cannot be read');
  const key = needPlain(evaluate(expression.property, scope), scope);
  const found = isDict(object)
    ? object.get(textOf(key, 'key'))
    : typeof key === 'number' && (isList(object) || typeof object === 'string')
      ? listOf(object).at(key)
      : undefined;
  if (found === undefined) throw templateError(`there is no element ${textOf(key, 'key')}`);
  return found;
}

function method(callee: Member, { positional }: Call, scope: Scope): Value {
  const object = needPlain(evaluate(callee.object, scope), scope);
  const name = callee.property.type === 'Identifier' ? callee.property.value : '';
  const [first = null, second = null] = positional.map((value) => need(value, scope));
  return callMethod(name, object, { first, second });
}
