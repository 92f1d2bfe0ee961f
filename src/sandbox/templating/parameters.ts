// The parameters that a node's SQL declares, and what is wrong with its template before any request comes.
import { SandboxError } from '../state.ts';
import type { Expression } from './expression.ts';
import { functionNamed } from './functions.ts';
import { renderSample } from './render.ts';
import { isReserved } from './reserved.ts';
import { isTemplate, type Piece, parseTemplate } from './template.ts';
import { isTypeName, TYPE_FUNCTIONS } from './types.ts';

/** One entry of a node's `params`, in Tinybird's shape. */
export interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly description: string | null;
  readonly required: boolean;
  readonly default: string | number | boolean | null;
  readonly enum?: readonly string[];
}

/** Declared parameters in order of appearance, each name once; none for text that is not a template or does not parse. */
export function parametersOf(sql: string): readonly Parameter[] {
  if (!isTemplate(sql)) return [];
  try {
    return declaredIn(parseTemplate(sql));
  } catch {
    return [];
  }
}

/**
 * What the template language has against the text, and the SQL it gives with defaults and sample values
 * (null when it cannot be rendered).
 */
export function checkTemplate(sql: string): {
  readonly problems: readonly string[];
  readonly sql: string | null;
} {
  try {
    const rendered = renderSample(sql);
    const reserved = parametersOf(sql).filter(({ name }) => isReserved(name));
    const problems = [
      ...reserved.map(({ name }) => `The parameter name '${name}' is reserved. Please use another name.`),
      ...unknownFunctions(sql).map((name) => `'${name}' is not a function of the template language`),
    ];
    return { problems: problems.map((problem) => `Template Syntax Error: ${problem}`), sql: rendered.sql };
  } catch (error) {
    if (error instanceof SandboxError) return { problems: [error.message], sql: null };
    throw error;
  }
}

/** Also in branches that the sample did not take. */
function unknownFunctions(sql: string): readonly string[] {
  if (!isTemplate(sql)) return [];
  const calls = everyPiece(parseTemplate(sql)).flatMap(expressionsOf).flatMap(callsIn);
  const names = calls.flatMap(({ callee }) => (callee.type === 'Identifier' ? [callee.value] : []));
  return [...new Set(names)].filter((name) => functionNamed(name) === undefined);
}

type CallExpression = Extract<Expression, { type: 'CallExpression' }>;

function declaredIn(pieces: readonly Piece[]): readonly Parameter[] {
  const set = new Set(
    everyPiece(pieces).flatMap((piece) =>
      piece.kind === 'set' ? [piece.name] : piece.kind === 'for' ? piece.names : [],
    ),
  );
  const declared = new Map<string, Parameter>();
  for (const call of everyPiece(pieces).flatMap(expressionsOf).flatMap(callsIn)) {
    const parameter = parameterOf(call);
    if (parameter !== null && !set.has(parameter.name) && !declared.has(parameter.name)) {
      declared.set(parameter.name, parameter);
    }
  }
  return [...declared.values()];
}

const everyPiece = (pieces: readonly Piece[]): readonly Piece[] =>
  pieces.flatMap((piece) => {
    if (piece.kind === 'if') return [piece, ...piece.branches.flatMap((branch) => everyPiece(branch.body))];
    return piece.kind === 'for' || piece.kind === 'while' ? [piece, ...everyPiece(piece.body)] : [piece];
  });

function expressionsOf(piece: Piece): readonly Expression[] {
  switch (piece.kind) {
    case 'output':
      return [piece.expression];
    case 'set':
      return [piece.value];
    case 'if':
      return piece.branches.flatMap(({ condition }) => (condition === null ? [] : [condition]));
    case 'for':
      return [piece.over];
    case 'while':
      return [piece.condition];
    case 'text':
    case 'break':
    case 'continue':
      return [];
  }
}

function callsIn(expression: Expression): readonly CallExpression[] {
  switch (expression.type) {
    case 'CallExpression': {
      const inner = expression.args.map((argument) =>
        argument.type === 'KeywordArgumentExpression' ? argument.value : argument,
      );
      return [expression, ...[expression.callee, ...inner].flatMap(callsIn)];
    }
    case 'ArrayLiteral':
    case 'TupleLiteral':
      return expression.value.flatMap(callsIn);
    case 'ObjectLiteral':
      return [...expression.value].flat().flatMap(callsIn);
    case 'BinaryExpression':
      return [expression.left, expression.right].flatMap(callsIn);
    case 'UnaryExpression':
      return callsIn(expression.argument);
    case 'Ternary':
      return [expression.condition, expression.trueExpr, expression.falseExpr].flatMap(callsIn);
    case 'TestExpression':
      return callsIn(expression.operand);
    case 'MemberExpression':
      return [expression.object, expression.property].flatMap(callsIn);
    case 'Identifier':
    case 'IntegerLiteral':
    case 'FloatLiteral':
    case 'StringLiteral':
      return [];
  }
}

/** Functions that declare their first argument, with the type they give it. */
const DECLARING: ReadonlyMap<string, string> = new Map([
  ...TYPE_FUNCTIONS.map((type): [string, string] => [type, type]),
  ['column', 'Column'],
  ['columns', 'String'],
  ['symbol', 'Symbol'],
  ['split_to_array', 'Array'],
  ['table', 'Table'],
]);

function parameterOf(call: CallExpression): Parameter | null {
  const [first, ...rest] = call.args;
  const type = call.callee.type === 'Identifier' ? DECLARING.get(call.callee.value) : undefined;
  if (type === undefined || first?.type !== 'Identifier') return null;
  const named = new Map(
    call.args.flatMap((argument) =>
      argument.type === 'KeywordArgumentExpression' ? [[argument.key.value, argument.value] as const] : [],
    ),
  );
  const positional = rest.flatMap((argument) =>
    argument.type === 'KeywordArgumentExpression' ? [] : [argument],
  );
  const element = type === 'Array' ? literalOf(positional[0]) : null;
  const typed = typeof element === 'string' && isTypeName(element);
  const fallback = literalOf(positional[typed ? 1 : 0] ?? named.get('default'));
  const required = literalOf(named.get('required'));
  const description = literalOf(named.get('description'));
  const listed = named.get('enum');
  return {
    name: first.value,
    type: typed ? `Array(${element})` : type,
    description: typeof description === 'string' ? description : null,
    required: typeof required === 'boolean' ? required : fallback === null,
    default: fallback,
    ...(listed?.type === 'ArrayLiteral' ? { enum: listed.value.map((item) => String(literalOf(item))) } : {}),
  };
}

function literalOf(expression: Expression | undefined): string | number | boolean | null {
  if (expression === undefined) return null;
  if (expression.type === 'Identifier') {
    return /^(true|false)$/i.test(expression.value) ? expression.value.toLowerCase() === 'true' : null;
  }
  const { type } = expression;
  return type === 'StringLiteral' || type === 'IntegerLiteral' || type === 'FloatLiteral'
    ? expression.value
    : null;
}
