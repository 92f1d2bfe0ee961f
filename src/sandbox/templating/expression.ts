// The expressions between template tags: Python's, parsed by @huggingface/jinja and narrowed to the parts that Tinybird's language has.
import { parse, tokenize } from '@huggingface/jinja';
import * as z from 'zod';

const BINARY = [
  ...['or', 'and', 'in', 'not in'],
  ...['==', '!=', '<', '<=', '>', '>='],
  ...['+', '-', '*', '/', '//', '%'],
] as const;

/** Names and shapes are those of the parser's tree. */
export type Expression =
  | { readonly type: 'Identifier'; readonly value: string }
  | { readonly type: 'IntegerLiteral' | 'FloatLiteral'; readonly value: number }
  | { readonly type: 'StringLiteral'; readonly value: string }
  | { readonly type: 'ArrayLiteral' | 'TupleLiteral'; readonly value: readonly Expression[] }
  | { readonly type: 'ObjectLiteral'; readonly value: ReadonlyMap<Expression, Expression> }
  | {
      readonly type: 'BinaryExpression';
      readonly operator: { readonly value: string };
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly type: 'UnaryExpression';
      readonly operator: { readonly value: 'not' | '-' | '+' };
      readonly argument: Expression;
    }
  | {
      readonly type: 'Ternary';
      readonly condition: Expression;
      readonly trueExpr: Expression;
      readonly falseExpr: Expression;
    }
  | {
      readonly type: 'TestExpression';
      readonly operand: Expression;
      readonly negate: boolean;
      readonly test: Expression;
    }
  | { readonly type: 'CallExpression'; readonly callee: Expression; readonly args: readonly Argument[] }
  | {
      readonly type: 'MemberExpression';
      readonly object: Expression;
      readonly property: Expression;
      readonly computed: boolean;
    };

export type Argument = Expression | KeywordArgument;
export interface KeywordArgument {
  readonly type: 'KeywordArgumentExpression';
  readonly key: { readonly value: string };
  readonly value: Expression;
}

/** A template that cannot be read. The message is without the `Template Syntax Error: ` in front. */
export class TemplateSyntaxError extends Error {
  constructor(message: string, options: { line?: number; cause?: unknown } = {}) {
    const where = options.line === undefined ? '' : `line ${options.line}: `;
    super(where + message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'TemplateSyntaxError';
  }
}

const expression: z.ZodType<Expression> = z.lazy(() =>
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('Identifier'), value: z.string() }),
    z.object({ type: z.enum(['IntegerLiteral', 'FloatLiteral']), value: z.number() }),
    z.object({ type: z.literal('StringLiteral'), value: z.string() }),
    z.object({ type: z.enum(['ArrayLiteral', 'TupleLiteral']), value: z.array(expression) }),
    z.object({ type: z.literal('ObjectLiteral'), value: z.map(expression, expression) }),
    z.object({
      type: z.literal('BinaryExpression'),
      operator: z.object({ value: z.enum(BINARY) }),
      left: expression,
      right: expression,
    }),
    z.object({
      type: z.literal('UnaryExpression'),
      operator: z.object({ value: z.enum(['not', '-', '+']) }),
      argument: expression,
    }),
    z.object({
      type: z.literal('Ternary'),
      condition: expression,
      trueExpr: expression,
      falseExpr: expression,
    }),
    z.object({
      type: z.literal('TestExpression'),
      operand: expression,
      negate: z.boolean(),
      test: expression,
    }),
    z.object({ type: z.literal('CallExpression'), callee: expression, args: z.array(argument) }),
    z.object({
      type: z.literal('MemberExpression'),
      object: expression,
      property: expression,
      computed: z.boolean(),
    }),
  ]),
);

const argument: z.ZodType<Argument> = z.lazy(() =>
  z.union([
    z.object({
      type: z.literal('KeywordArgumentExpression'),
      key: z.object({ value: z.string() }),
      value: expression,
    }),
    expression,
  ]),
);

const ENDS_OPERAND = new Set([
  'NumericLiteral',
  'Identifier',
  'StringLiteral',
  'CloseParen',
  'CloseSquareBracket',
  'CloseCurlyBracket',
]);
const STARTS_OPERAND = new Set(['NumericLiteral', 'Identifier', 'StringLiteral', 'OpenCurlyBracket']);
const WORD_OPERATORS = new Set(['and', 'or', 'not', 'in', 'is', 'if', 'else']);

/** The tree of one expression. Throws TemplateSyntaxError. */
export function parseExpression(text: string, line: number): Expression {
  let body: unknown;
  try {
    const tokens = tokenize(`{{ ${text} }}`);
    for (const [index, token] of tokens.entries()) {
      // The parser takes two values without a comma between them for two arguments; Python does not.
      const next = tokens[index + 1];
      if (next !== undefined && endsOperand(token) && startsOperand(next) && !bothStrings(token, next)) {
        throw new SyntaxError(`unexpected "${next.value}" after "${token.value}"`);
      }
      // Number() would lose digits of a UInt64; as text it goes through the same validation.
      if (token.type === 'NumericLiteral' && /^\d{16,}$/.test(token.value)) token.type = 'StringLiteral';
    }
    body = parse(tokens).body;
  } catch (cause) {
    const why = cause instanceof SyntaxError ? `: ${cause.message}` : '';
    throw new TemplateSyntaxError(`invalid syntax in "${text.trim()}"${why}`, { line, cause });
  }
  const parsed = z.tuple([expression]).safeParse(body);
  if (parsed.success) return parsed.data[0];
  throw new TemplateSyntaxError(`invalid syntax in "${text.trim()}"`, { line, cause: parsed.error });
}

interface Token {
  readonly type: string;
  readonly value: string;
}
const endsOperand = (token: Token) => ENDS_OPERAND.has(token.type) && !isWordOperator(token);
const startsOperand = (token: Token) => STARTS_OPERAND.has(token.type) && !isWordOperator(token);
const isWordOperator = (token: Token) => token.type === 'Identifier' && WORD_OPERATORS.has(token.value);
const bothStrings = (a: Token, b: Token) => a.type === 'StringLiteral' && b.type === 'StringLiteral';
