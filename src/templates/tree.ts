// Handlebars' tree of a template, checked against the short list of what a template may hold and turned into pieces.
import Handlebars from 'handlebars';
import type { Operand, Piece, Writing } from './pieces.ts';
import { type Flaw, nodeAt, type Position, type Scanned } from './scan.ts';

export interface Tree {
  readonly pieces: readonly Piece[];
  readonly flaws: readonly Flaw[];
}

export function grow(scanned: Scanned): Tree {
  // `parse` takes an object for an already parsed tree, which is how templates became code (CVE-2026-33937).
  if (typeof scanned.text !== 'string') throw new TypeError('a template is text');
  const builder = new Builder(scanned);
  try {
    return { pieces: builder.program(Handlebars.parse(scanned.text)), flaws: builder.flaws };
  } catch (error) {
    return { pieces: [], flaws: [syntaxFlaw(error)] };
  }
}

/** Handlebars says "Parse error on line 3:", or ends with " - 3:7". */
function syntaxFlaw(error: unknown): Flaw {
  const said = error instanceof Error ? error.message : String(error);
  const [, line, column] =
    /(?:on line (\d+)|- (\d+):(\d+)$)/.exec(said)?.filter((part) => part !== undefined) ?? [];
  const reason = said.startsWith('Parse error') ? 'not valid Handlebars' : said.replace(/ - \d+:\d+$/, '');
  const excerpt = said.startsWith('Parse error') ? `, near "${said.split('\n')[1] ?? ''}"` : '';
  return {
    line: Number(line ?? 1),
    column: Number(column ?? 0) + 1,
    message: `${reason}${excerpt}; what Tinybird shall evaluate is written \\{{ }}`,
  };
}

class Refused extends Error {}

const is =
  <T extends hbs.AST.Node>(type: T['type']) =>
  (node: hbs.AST.Node): node is T =>
    node.type === type;
const isContent = is<hbs.AST.ContentStatement>('ContentStatement');
const isMustache = is<hbs.AST.MustacheStatement>('MustacheStatement');
const isBlock = is<hbs.AST.BlockStatement>('BlockStatement');
const isPath = is<hbs.AST.PathExpression>('PathExpression');
const isCall = is<hbs.AST.SubExpression>('SubExpression');
const isString = is<hbs.AST.StringLiteral>('StringLiteral');
const isNumber = is<hbs.AST.NumberLiteral>('NumberLiteral');
const isBoolean = is<hbs.AST.BooleanLiteral>('BooleanLiteral');

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const LOOP_NAMES: Readonly<Record<string, 'index' | 'first' | 'last'>> = {
  '@index': 'index',
  '@first': 'first',
  '@last': 'last',
};

class Builder {
  readonly flaws: Flaw[] = [];
  readonly #scanned: Scanned;
  #inLoop = false;

  constructor(scanned: Scanned) {
    this.#scanned = scanned;
  }

  program(program: hbs.AST.Program | undefined): Piece[] {
    return (program?.body ?? []).flatMap((statement) => {
      try {
        return this.#statement(statement);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        this.flaws.push({ ...positionOf(statement), message: error.message });
        return [];
      }
    });
  }

  #statement(node: hbs.AST.Statement): Piece[] {
    if (isContent(node))
      return node.value === '' ? [] : [{ kind: 'text', text: node.value, at: this.#startOf(node) }];
    if (node.type === 'CommentStatement') return [];
    if (isMustache(node)) return [this.#hole(node)];
    if (isBlock(node)) return [this.#block(node)];
    throw new Refused('only {{x}}, {{helper x}}, if, unless, each and else are supported');
  }

  /** A block's tag that has its line for itself takes the end of the line with it. */
  #startOf(node: hbs.AST.ContentStatement): Position {
    const at = positionOf(node);
    if (!('rightStripped' in node) || node.rightStripped !== true) return at;
    const line = this.#scanned.text.split('\n')[at.line - 1] ?? '';
    const dropped = /^[ \t]*/.exec(line.slice(at.column - 1))?.[0].length ?? 0;
    const column = at.column + dropped;
    return column > line.length ? { line: at.line + 1, column: 1 } : { line: at.line, column };
  }

  #hole(node: hbs.AST.MustacheStatement): Piece {
    const { path } = node;
    if (!isPath(path)) throw new Refused('a literal cannot be inserted: write the text itself');
    if (node.hash !== undefined) throw new Refused(`${path.original} takes no named arguments`);
    const at = positionOf(node);
    if (path.original === 'resource')
      return { kind: 'hole', writing: 'plain', operand: role(node.params), at };
    if (isWriting(path.original)) {
      const [parameter, ...more] = node.params;
      if (parameter === undefined || more.length > 0)
        throw new Refused(`{{${path.original} x}} takes one value`);
      return { kind: 'hole', writing: path.original, operand: this.#operand(parameter), at };
    }
    if (node.params.length > 0) {
      throw new Refused(`there is no helper "${path.original}": sql, ident, text and resource are all`);
    }
    return { kind: 'hole', writing: 'plain', operand: this.#path(path), at };
  }

  #block(node: hbs.AST.BlockStatement): Piece {
    const name = node.path.original;
    const [parameter, ...more] = node.params;
    if (name !== 'if' && name !== 'unless' && name !== 'each') {
      throw new Refused(`there is no block "${name}": if, unless and each are all`);
    }
    if (parameter === undefined || more.length > 0 || node.hash !== undefined || !isPath(parameter)) {
      throw new Refused(`{{#${name} x}} takes one variable`);
    }
    if (node.program?.blockParams !== undefined) throw new Refused(`{{#${name}}} takes no "as |x|"`);
    const operand = this.#path(parameter);
    const at = positionOf(node);
    if (name !== 'each') {
      const body = this.program(node.program);
      return {
        kind: 'choice',
        operand,
        negated: name === 'unless',
        body,
        otherwise: this.program(node.inverse),
        at,
      };
    }
    if (this.#inLoop) throw new Refused('an each inside an each is not supported');
    this.#inLoop = true;
    const body = this.program(node.program);
    this.#inLoop = false;
    return { kind: 'loop', operand, body, otherwise: this.program(node.inverse), at };
  }

  #operand(node: hbs.AST.Expression): Operand {
    if (isPath(node)) return this.#path(node);
    if (isString(node) || isNumber(node) || isBoolean(node)) return { from: 'literal', value: node.value };
    if (isCall(node) && isPath(node.path) && node.path.original === 'resource' && node.hash === undefined) {
      return role(node.params);
    }
    throw new Refused('a helper takes a variable, a literal or (resource "role")');
  }

  #path(path: hbs.AST.PathExpression): Operand {
    const name = path.original;
    if (name === 'this' || Object.hasOwn(LOOP_NAMES, name)) return this.#loopOperand(name);
    if (path.depth > 0)
      throw new Refused(`write ${path.parts.join('.')}: a name always means the tenant's variable`);
    if (path.data || path.parts.length !== 1 || !NAME.test(name)) {
      throw new Refused(`"${name}" is not the name of a variable`);
    }
    const node = nodeAt(this.#scanned.nodeLines, path.loc.start.line);
    if (this.#scanned.bound.some((bound) => bound.name === name && bound.node === node)) {
      throw new Refused(
        `"${name}" is bound by a {% %} of the same node: to leave it to Tinybird write \\{{${name}}}`,
      );
    }
    return { from: 'variable', name };
  }

  #loopOperand(name: string): Operand {
    if (!this.#inLoop) throw new Refused(`"${name}" has a meaning only inside {{#each x}}`);
    const loop = LOOP_NAMES[name];
    return loop === undefined ? { from: 'item' } : { from: 'loop', name: loop };
  }
}

function role(params: readonly hbs.AST.Expression[]): Operand {
  const [parameter, ...more] = params;
  if (parameter === undefined || more.length > 0 || !isString(parameter)) {
    throw new Refused('resource takes the role of a file of the set, in quotes: {{resource "events"}}');
  }
  return { from: 'resource', role: parameter.value };
}

const isWriting = (name: string): name is Exclude<Writing, 'plain'> =>
  name === 'sql' || name === 'ident' || name === 'text';

const positionOf = (node: hbs.AST.Node): Position => ({
  line: node.loc.start.line,
  column: node.loc.start.column + 1,
});
