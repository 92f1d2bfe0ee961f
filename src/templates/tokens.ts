// Token templates: read as YAML first, then each string is a template of its own and stays a string.
import { bad, ok, type Problem, type Result } from '../errors.ts';
import { resourceName, type Scope, type Token } from '../model.ts';
import { fill, Misfit, type Scope as Values } from './fill.ts';
import { show } from './places.ts';
import type { Position } from './scan.ts';
import { compile, type Offer, type Template, type TemplateKind } from './template.ts';
import { misuse, type ScopeForm, type TokenForm, tokenForm } from './token-form.ts';
import { readYaml } from './yaml.ts';

const RESOURCE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const DAY = 86_400;
const UNITS = { s: 1, m: 60, h: 3600, d: DAY } as const;
/** JWTs cannot be revoked, so their life is the time that access outlives its end. */
export const LONGEST_TTL = 7 * DAY;
/** Of a JWT whose template does not say it. */
export const USUAL_TTL = DAY;

/** A file of a set: `file` as the user wrote the path, `from` as `set/name`. */
export interface Source {
  readonly role: string;
  readonly from: string;
  readonly file: string;
  readonly text: string;
}

export interface TokenTemplate extends Omit<Source, 'text'> {
  readonly form: TokenForm;
  /** The form's strings, compiled, by their text and whether it is a filter's. */
  readonly templates: ReadonlyMap<string, Text>;
  /** Where the value at a path of the form stands. */
  readonly at: (path: readonly PropertyKey[]) => Position;
}
interface Text {
  readonly template: Template;
  readonly at: Position;
  /** The template's names, with their places in the file. */
  readonly names: Template['names'];
}

const keyOfText = (text: string, kind: TemplateKind): string => `${kind}\n${text}`;

/** Seconds, from `90s`, `15m`, `24h` or `7d`; null when it is none of these. */
export function seconds(duration: string): number | null {
  const [, count, unit] = /^([1-9]\d{0,6})([smhd])$/.exec(duration) ?? [];
  return count === undefined ? null : Number(count) * unitSeconds(unit);
}
const unitSeconds = (unit: string | undefined): number =>
  unit === 's' || unit === 'm' || unit === 'h' ? UNITS[unit] : UNITS.d;

export function compileToken(source: Source, offer: Offer): Result<TokenTemplate> {
  const read = readYaml(source.file, source.text, tokenForm);
  if (!read.ok) return read;
  const { value: form } = read.value;
  const templates = new Map<string, Text>();
  const problems: Problem[] = [];
  for (const { path, text, kind } of strings(form)) {
    const at = read.value.at(path);
    const { template, flaws } = compile(text, kind, offer);
    const names = template.names.map((name) => ({ ...name, at: within(at, name.at) }));
    templates.set(keyOfText(text, kind), { template, at, names });
    problems.push(
      ...flaws.map((flaw): Problem => ({ file: source.file, ...within(at, flaw), message: flaw.message })),
    );
  }
  problems.push(...misuse(read.value).map((problem) => ({ file: source.file, ...problem })));
  const { text: _, ...named } = source;
  return problems.length > 0 ? bad(...problems) : ok({ ...named, form, templates, at: read.value.at });
}

/** A place in a string, as a place in its file; a little to the left where the string is quoted. */
const within = (at: Position, inside: Position): Position => ({
  line: at.line + inside.line - 1,
  column: inside.line === 1 ? at.column + inside.column - 1 : inside.column,
});

interface Found {
  readonly path: readonly PropertyKey[];
  readonly text: string;
  readonly kind: TemplateKind;
}

function strings(form: TokenForm): Found[] {
  const found: Found[] = form.scopes.flatMap((scope, index) => scopeStrings(scope, ['scopes', index]));
  if (form.ttl !== undefined) found.push({ path: ['ttl'], text: form.ttl, kind: 'scalar' });
  if (typeof form.limits?.rps === 'string') {
    found.push({ path: ['limits', 'rps'], text: form.limits.rps, kind: 'scalar' });
  }
  return found;
}

function scopeStrings(scope: ScopeForm, path: readonly PropertyKey[]): Found[] {
  const found: Found[] = [{ path: [...path, 'resource'], text: scope.resource, kind: 'scalar' }];
  if (scope.filter !== undefined)
    found.push({ path: [...path, 'filter'], text: scope.filter, kind: 'filter' });
  for (const [name, value] of Object.entries(scope.fixed_params ?? {})) {
    if (typeof value === 'string')
      found.push({ path: [...path, 'fixed_params', name], text: value, kind: 'scalar' });
  }
  return found;
}

/** The token for one tenant. Throws a Misfit. */
export function fillToken(token: TokenTemplate, values: Values, longestTtl: number): Token {
  const filled = (text: string, kind: TemplateKind = 'scalar'): string => {
    const compiled = token.templates.get(keyOfText(text, kind));
    return compiled === undefined ? text : fillText(compiled, values);
  };
  const { form } = token;
  return {
    kind: 'token',
    name: resourceName(values.slug, token.role),
    via: form.kind,
    scopes: form.scopes.map((scope) => fillScope(scope, filled)),
    ttl: form.kind === 'jwt' ? ttl(form.ttl === undefined ? null : filled(form.ttl), longestTtl) : 0,
    rps: form.limits === undefined ? null : rps(form.limits.rps, filled),
  };
}

function fillText({ template, at }: Text, values: Values): string {
  try {
    return fill(template, values);
  } catch (error) {
    throw error instanceof Misfit ? new Misfit(within(at, error.at), error.message) : error;
  }
}

type Filled = (text: string, kind?: TemplateKind) => string;

function fillScope(scope: ScopeForm, filled: Filled): Scope {
  const resource = filled(scope.resource);
  if (!RESOURCE.test(resource)) throw nowhere(`${show(resource)} is not the name of a resource`);
  const params = Object.entries(scope.fixed_params ?? {}).map(
    ([name, value]) => [name, typeof value === 'string' ? filled(value) : value] as const,
  );
  return {
    type: scope.type,
    resource,
    ...(scope.filter === undefined ? {} : { filter: filled(scope.filter, 'filter').trim() }),
    ...(scope.fixed_params === undefined ? {} : { fixedParams: Object.fromEntries(params) }),
    ...(scope.generation === undefined ? {} : { generation: scope.generation }),
  };
}

function ttl(text: string | null, longest: number): number {
  const life = text === null ? Math.min(USUAL_TTL, longest) : seconds(text);
  if (life === null) throw nowhere(`the ttl ${show(text ?? '')} is not like 15m, 24h or 7d`);
  if (life <= longest) return life;
  throw nowhere(
    `the ttl ${text} is longer than ${longest / 3600}h, which the set allows; ttl-max in set.yaml says how long`,
  );
}

function rps(value: number | string, filled: Filled): number {
  const limit = Number(typeof value === 'string' ? filled(value) : value);
  if (Number.isSafeInteger(limit) && limit > 0) return limit;
  throw nowhere(`limits.rps is ${show(value)}, but has to be a whole number above 0`);
}

const nowhere = (message: string): Misfit => new Misfit({ line: 1, column: 1 }, message);
