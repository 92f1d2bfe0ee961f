// Parses a text without running it and refuses every part of it that could reach beyond plain tables.
import type { Engine } from './engine.ts';
import { EngineError } from './failure.ts';
import { isName } from './quoting.ts';
import { readSyntaxTree, type SyntaxNode } from './syntax-tree.ts';
import { type Token, tokenize, unquoted } from './tokens.ts';

export type RefusalCode =
  | 'syntax'
  | 'several'
  | 'not-select'
  | 'too-long'
  | 'characters'
  | 'settings'
  | 'outfile'
  | 'parameter'
  | 'qualified-name'
  | 'cte-name'
  | 'unsupported'
  | 'forbidden-function'
  | 'unknown-function'
  | 'forbidden-table-function'
  | 'not-condition';

export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
}

export type Guarded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal };

const MAX_LENGTH = 250_000;

class RefusedError extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

export function refuse(code: RefusalCode, message: string): never {
  throw new RefusedError({ code, message });
}

export function refused(error: unknown): { readonly ok: false; readonly refusal: Refusal } {
  if (error instanceof RefusedError) return { ok: false, refusal: error.refusal };
  if (!(error instanceof EngineError)) throw error;
  // 456: a `{name:Type}` of ClickHouse's own, which nothing here fills.
  return {
    ok: false,
    refusal: { code: error.code === 456 ? 'parameter' : 'syntax', message: error.message },
  };
}

export interface Parsed {
  readonly canonical: string;
  readonly tokens: readonly Token[];
  readonly nodes: readonly SyntaxNode[];
}

/** Throws what `refused` understands. `isKnown` says which qualified names may stand for a table. */
export async function parse(
  engine: Engine,
  sql: string,
  isKnown: (name: string) => boolean = () => false,
): Promise<Parsed> {
  if (sql.length > MAX_LENGTH) refuse('too-long', `The query is longer than ${MAX_LENGTH} characters`);
  if (sql.includes('\0')) refuse('characters', 'The query contains a NUL character');
  await judgeStatement(engine, sql);
  const canonical = await engine.format(sql);
  const tokens = tokenize(canonical);
  for (const token of tokens) judgeToken(token);
  // The text that will run is judged, not only the one that was sent.
  await judgeStatement(engine, canonical);
  const nodes = readSyntaxTree(await engine.explain(canonical));
  if (nodes[0]?.kind !== 'SelectWithUnionQuery') refuse('not-select', 'Only SELECT queries are supported');
  for (const node of nodes) {
    judgeTable(node, isKnown);
    judgeNode(engine, node);
  }
  judgeCalls(engine, tokens);
  return { canonical, tokens, nodes };
}

async function judgeStatement(engine: Engine, sql: string): Promise<void> {
  const { statements, kind } = await engine.analyze(sql);
  if (statements > 1) refuse('several', 'Multi-statements are not allowed');
  if (statements === 1 && kind !== 0) refuse('not-select', 'Only SELECT queries are supported');
}

// EXPLAIN AST prints names as they are: a line end in one would forge a node, and these would forge the rest of a line.
function judgeToken(token: Token): void {
  if (token.text === '--' || token.text === '/*') refuse('characters', `Unexpected ${token.text}`);
  if (token.kind !== 'quoted') return;
  if (
    !/^[\p{L}\p{M}\p{N}_ .:$%#@!?()[\],*/+-]*$/u.test(unquoted(token)) ||
    /\((?:alias|children) /.test(token.text)
  )
    refuse(
      'characters',
      `The name ${JSON.stringify(unquoted(token))} contains characters that are not allowed`,
    );
}

const KINDS = new Set(
  `SelectWithUnionQuery SelectIntersectExceptQuery SelectQuery ExpressionList Subquery WithElement Literal Identifier Function
Asterisk QualifiedAsterisk ColumnsTransformerList ColumnsExceptTransformer ColumnsReplaceTransformer
ColumnsReplaceTransformer::Replacement ColumnsRegexpMatcher ColumnsListMatcher QualifiedColumnsRegexpMatcher
QualifiedColumnsListMatcher TablesInSelectQuery TablesInSelectQueryElement TableExpression TableIdentifier TableJoin ArrayJoin
OrderByElement InterpolateElement WindowListElement WindowDefinition SampleRatio`.split(/\s/),
);
const TABLE_FUNCTIONS = new Set([
  'numbers',
  'numbers_mt',
  'generate_series',
  'generateseries',
  'values',
  'zeros',
]);
const TABLE_ARGUMENT = /^(?:global)?(?:not)?(?:null)?in(?:ignoreset)?$/i;

function judgeTable(node: SyntaxNode, isKnown: (name: string) => boolean): void {
  const table = tableOf(node);
  if (table !== null && !isName(table) && !isKnown(table))
    refuse('qualified-name', `Resource '${table}' not found`);
}

function judgeNode(engine: Engine, node: SyntaxNode): void {
  if (node.kind === 'Set') refuse('settings', 'SETTINGS are not allowed');
  if (node.kind === 'QueryParameter') refuse('parameter', 'Query parameters are not allowed');
  if (node.parent?.parent === null && node.kind === 'Literal')
    refuse('outfile', 'INTO OUTFILE is not allowed');
  if (!KINDS.has(node.kind)) refuse('unsupported', `${node.kind} is not supported here`);
  if (node.kind !== 'Function') return;
  if (node.parent?.kind === 'TableExpression') {
    if (!TABLE_FUNCTIONS.has(node.value.toLowerCase()))
      refuse('forbidden-table-function', `The table function ${node.value} is not allowed`);
  } else judgeFunction(engine, node.value);
}

function judgeFunction(engine: Engine, name: string): void {
  const verdict = engine.functions.judge(name);
  if (verdict === 'forbidden') refuse('forbidden-function', `The function ${name} is not allowed`);
  if (verdict === 'unknown') refuse('unknown-function', `Unknown function ${name}`);
}

// Some places do not show in the tree (APPLY is one), so every call in the text must be harmless as well.
function judgeCalls(engine: Engine, tokens: readonly Token[]): void {
  tokens.forEach((token, i) => {
    if (tokens[i + 1]?.text !== '(' || (token.kind !== 'word' && token.kind !== 'quoted')) return;
    if (engine.functions.judge(unquoted(token)) === 'forbidden') judgeFunction(engine, unquoted(token));
  });
}

/** The table that this node names, in FROM or at the right of IN. */
export function tableOf(node: SyntaxNode): string | null {
  if (node.kind === 'TableIdentifier') return node.value;
  const call = node.parent?.parent;
  const isTable =
    node.kind === 'Identifier' &&
    node.parent?.children[1] === node &&
    call?.kind === 'Function' &&
    TABLE_ARGUMENT.test(call.value);
  return isTable ? node.value : null;
}
