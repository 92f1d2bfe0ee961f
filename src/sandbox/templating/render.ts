// Renders a node's SQL with the parameters of one request.
import { SandboxError } from '../state.ts';
import { evaluate, need, type Scope } from './evaluate.ts';
import { TemplateSyntaxError } from './expression.ts';
import { listOf, MAX_STEPS } from './lists.ts';
import { isTemplate, type Piece, parseTemplate } from './template.ts';
import { isList, isTemplateError, plain, requiredError, sqlOf, templateError, truthy } from './value.ts';

export interface RenderOptions {
  /** Values behind `tb_secret`. */
  readonly secrets: ReadonlyMap<string, string>;
}

export interface RenderedSql {
  readonly sql: string;
  /** Request parameters that the rendering looked at. */
  readonly used: readonly string[];
}

/**
 * Plain SQL from a node's text; text that does not start with a line `%` comes back as it is.
 * Throws SandboxError: 400, or what `custom_error` says.
 */
export function renderSql(
  sql: string,
  params: ReadonlyMap<string, string>,
  options: RenderOptions,
): RenderedSql {
  return render(sql, { params, secrets: options.secrets, checking: false });
}

/** The SQL with defaults, and with sample values where a parameter has none; any secret will do. */
export const renderSample = (sql: string): RenderedSql =>
  render(sql, { params: new Map(), secrets: null, checking: true });

function render(sql: string, given: Pick<Scope, 'params' | 'secrets' | 'checking'>): RenderedSql {
  if (!isTemplate(sql)) return { sql, used: [] };
  const scope: Scope = { ...given, variables: new Map(), used: new Set(), missing: new Set() };
  try {
    const writer: Writer = { scope, parts: [], steps: 0 };
    write(cachedTemplate(sql), writer);
    if (scope.missing.size > 0 && !given.checking) throw requiredError([...scope.missing]);
    return { sql: writer.parts.join('').trim(), used: [...scope.used] };
  } catch (error) {
    // A sample in the place of a missing value can lead to any error; what the template says itself goes first.
    const consequence = error instanceof SandboxError && isTemplateError(error);
    if (scope.missing.size > 0 && consequence && !given.checking) throw requiredError([...scope.missing]);
    if (error instanceof SandboxError) throw error;
    if (error instanceof TemplateSyntaxError) throw templateError(error.message);
    // An expression nested deeper than the stack is as wrong as one that does not parse.
    if (error instanceof RangeError) throw templateError('the template is nested too deeply');
    throw error;
  }
}

const CACHED_TEMPLATES = 2000;
const templates = new Map<string, readonly Piece[]>();

function cachedTemplate(sql: string): readonly Piece[] {
  const known = templates.get(sql);
  if (known !== undefined) return known;
  const parsed = parseTemplate(sql);
  if (templates.size >= CACHED_TEMPLATES) templates.clear();
  templates.set(sql, parsed);
  return parsed;
}

interface Writer {
  readonly scope: Scope;
  readonly parts: string[];
  steps: number;
}

/** Gives `break` or `continue` when one was met, for the loop around it. */
function write(pieces: readonly Piece[], writer: Writer): 'break' | 'continue' | null {
  for (const piece of pieces) {
    const met = writePiece(piece, writer);
    if (met !== null) return met;
  }
  return null;
}

function writePiece(piece: Piece, writer: Writer): 'break' | 'continue' | null {
  const { scope } = writer;
  switch (piece.kind) {
    case 'text':
      writer.parts.push(piece.text);
      return null;
    case 'output':
      writer.parts.push(sqlOf(need(evaluate(piece.expression, scope), scope), piece.source));
      return null;
    case 'set':
      scope.variables.set(piece.name, evaluate(piece.value, scope));
      return null;
    case 'if': {
      const taken = piece.branches.find(
        ({ condition }) => condition === null || truthy(evaluate(condition, scope)),
      );
      return taken === undefined ? null : write(taken.body, writer);
    }
    case 'for':
      return writeFor(piece, writer);
    case 'while':
      while (truthy(evaluate(piece.condition, scope))) {
        if (step(piece.body, writer) === 'break') break;
      }
      return null;
    case 'break':
    case 'continue':
      return piece.kind;
  }
}

function step(body: readonly Piece[], writer: Writer): 'break' | 'continue' | null {
  writer.steps += 1;
  if (writer.steps > MAX_STEPS) throw templateError(`more than ${MAX_STEPS} steps in loops`);
  return write(body, writer);
}

function writeFor(piece: Extract<Piece, { kind: 'for' }>, writer: Writer): null {
  const { scope } = writer;
  for (const item of listOf(need(evaluate(piece.over, scope), scope))) {
    const [name = '', ...others] = piece.names;
    if (others.length === 0) scope.variables.set(name, item);
    else {
      const parts = plain(item);
      if (!isList(parts) || parts.length !== piece.names.length) {
        throw templateError(`cannot take ${piece.names.length} values apart`);
      }
      for (const [index, target] of piece.names.entries()) scope.variables.set(target, parts[index] ?? null);
    }
    if (step(piece.body, writer) === 'break') break;
  }
  return null;
}
