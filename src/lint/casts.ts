// Casts that can throw: in a view, one row that does not fit stops the insert of everybody's rows.
import type { Lexeme } from '../datafile/lexemes.ts';
import {
  bracket,
  byCommas,
  isName,
  type Lexemes,
  outside,
  symbolOf,
  unwrapped,
  wordOf,
} from './sql/brackets.ts';

/** What is cast: a constant, a text, another value (perhaps null), or who knows. */
type Kind = 'constant' | 'text' | 'value' | 'nullable' | 'unknown';

export interface Cast {
  readonly name: string;
  readonly at: number;
  readonly level: 'warning' | 'unsure';
  readonly instead: string;
}

/** Type or expression of a name; null when it is not known. */
export type Named = (name: string) => { readonly type: string } | { readonly expression: Lexemes } | null;

/** Those that have …OrNull and …OrZero beside them. */
const THROWS =
  /^(?:to(?:U?Int\d+|Float\d+|Date|Date32|DateTime|DateTime64|Decimal\d+|UUID|IPv4|IPv6)|parseDateTime(?:64|32)?(?:BestEffort(?:US)?|InJodaSyntax)?)$/i;
const NUMBERS = /^(?:U?Int|Float|Decimal|Date|UUID|IPv|Enum|Bool)/i;

export function castsIn(sql: Lexemes, named: Named): Cast[] {
  return [...sql.entries()].flatMap(
    ([at, lexeme]) => castAt(sql, at, named) ?? colonsAt(sql, at, { lexeme, named }) ?? [],
  );
}

function castAt(sql: Lexemes, at: number, named: Named): Cast | null {
  const [lexeme, next] = [sql[at], sql[at + 1]];
  if (lexeme?.kind !== 'word' || symbolOf(next) !== '(') return null;
  const { text } = lexeme;
  const { inner } = bracket(sql, at + 1);
  const cut = outside(inner).find((index) => wordOf(inner[index]) === 'AS' || symbolOf(inner[index]) === ',');
  const kind = kindOf(inner.slice(0, cut), named);
  if (/^toBool$/i.test(text)) return toType('Bool', { name: text, at: lexeme.at, kind });
  if (/^(?:CAST|accurateCast)$/i.test(text)) {
    const type = inner[(cut ?? 0) + 1];
    return toType(type?.value ?? textOf(inner.slice((cut ?? 0) + 1)), { name: text, at: lexeme.at, kind });
  }
  if (!THROWS.test(text) || kind === 'constant' || kind === 'value' || kind === 'nullable') return null;
  const level = kind === 'text' ? 'warning' : 'unsure';
  return { name: `${text}()`, at: lexeme.at, level, instead: `${text}OrNull(…), or ${text}OrZero(…)` };
}

function colonsAt(
  sql: Lexemes,
  at: number,
  { lexeme, named }: { lexeme: Lexeme; named: Named },
): Cast | null {
  if (symbolOf(lexeme) !== '::') return null;
  let start = at - 1;
  if (symbolOf(sql[start]) === ')')
    start = openerOf(sql, start) - (isName(sql[openerOf(sql, start) - 1]) ? 1 : 0);
  while (start > 1 && symbolOf(sql[start - 1]) === '.') start -= 2;
  const end = symbolOf(sql[at + 2]) === '(' ? bracket(sql, at + 2).next : at + 2;
  const type = textOf(sql.slice(at + 1, end));
  return toType(type, { name: '::', at: lexeme.at, kind: kindOf(sql.slice(start, at), named) });
}

function openerOf(sql: Lexemes, close: number): number {
  let depth = 0;
  for (let at = close; at >= 0; at--) {
    if (symbolOf(sql[at]) === ')') depth += 1;
    if (symbolOf(sql[at]) === '(') depth -= 1;
    if (depth === 0) return at;
  }
  return 0;
}

const textOf = (sql: Lexemes): string => sql.map(({ text }) => text).join('');

/** Into a type by name. A null throws, too, when the type has no room for it. */
function toType(type: string, { name, at, kind }: { name: string; at: number; kind: Kind }): Cast | null {
  const bare = type.replace(/^(?:LowCardinality\(|Nullable\()+/i, '');
  const isNullable = /Nullable\(/i.test(type);
  const throwsOnNull = kind === 'nullable' && !isNullable;
  const throws =
    kind === 'text' || kind === 'unknown' ? NUMBERS.test(bare) : /^Enum/i.test(bare) && kind === 'value';
  if (!throws && !throwsOnNull) return null;
  const short = bare.replace(/\(.*$|\).*$/s, '');
  const form = `to${short}`;
  const instead = throwsOnNull
    ? 'ifNull(…, a value) inside of it'
    : THROWS.test(form)
      ? `${form}OrNull(…), or ${form}OrZero(…)`
      : /^Enum/i.test(short)
        ? 'LowCardinality(String), without a cast'
        : `accurateCastOrNull(…, '${short}')`;
  const shown = name === '::' ? `::${short}` : `${name}() to ${short}`;
  // Into a type with room for it a text that does not fit becomes a null, in some versions.
  return { name: shown, at, level: kind === 'unknown' || isNullable ? 'unsure' : 'warning', instead };
}

const TEXTS =
  /^(?:toString\w*|lower\w*|upper\w*|trim\w*|concat|substr\w*|replace\w*|extract|left|right|reverse|format|domain\w*|path|cut\w+|decodeURL\w*|JSON(?:ExtractString|ExtractRaw|_VALUE)|(?:visitParam|simpleJSON)Extract(?:String|Raw)|arrayStringConcat|base64Decode|tryBase64Decode|dictGetString)$/i;
const VALUES =
  /^(?:to(?!String)\w+|parse\w+|now(?:64)?|today|yesterday|date\w+|count\w*|sum\w*|avg\w*|uniq\w*|length\w*|abs|round|floor|ceil|intDiv\w*|plus|minus|multiply|divide|modulo|JSONExtract(?:U?Int|Float|Bool)|(?:visitParam|simpleJSON)Extract(?:U?Int|Float|Bool)|isNull|isNotNull|sipHash\w+|cityHash\w+|generateUUIDv4|bit\w+)$/i;
/** Their value is one of their arguments, or of the first. */
const PASSING =
  /^(?:any\w*|min|max|argMin|argMax|ifNull|coalesce|assumeNotNull|nullIf|materialize|identity)$/i;

function kindOf(sql: Lexemes, named: Named): Kind {
  const inner = unwrapped(sql);
  if (inner !== null) return kindOf(inner, named);
  const [first, second, third] = sql;
  if (sql.length === 1 && (first?.kind === 'text' || first?.kind === 'number')) return 'constant';
  if (outside(sql).some((at) => at > 0 && /^[-+*/%]$/.test(symbolOf(sql[at])))) return 'value';
  if (!isName(first)) return 'unknown';
  if (symbolOf(second) === '(' && bracket(sql, 1).next === sql.length) return ofCall(first.text, sql, named);
  const path = symbolOf(second) === '.' && isName(third) ? third : first;
  const known = named(path.text);
  const rest = sql.slice(path === first ? 1 : 3);
  // An element of a list or a map.
  if (rest.length > 0 && symbolOf(rest[0]) !== '[') return 'unknown';
  if (known === null) return 'unknown';
  return 'type' in known
    ? ofType(known.type, rest.length > 0)
    : kindOf(known.expression, without(named, path.text));
}

/** An alias that is made of itself is not looked up for ever. */
const without =
  (named: Named, name: string): Named =>
  (other) => {
    if (other !== name) return named(other);
    const known = named(name);
    return known !== null && 'type' in known ? known : null;
  };

function ofCall(name: string, sql: Lexemes, named: Named): Kind {
  if (TEXTS.test(name)) return 'text';
  if (VALUES.test(name)) return 'value';
  const parts = byCommas(bracket(sql, 1).inner);
  if (PASSING.test(name)) return kindOf(parts[0] ?? [], named);
  if (!/^if$/i.test(name)) return 'unknown';
  const kinds = parts.slice(1).map((part) => kindOf(part, named));
  return (
    (['text', 'unknown', 'nullable', 'value'] as const).find((kind) => kinds.includes(kind)) ?? 'constant'
  );
}

function ofType(type: string, isElement: boolean): Kind {
  const bare = type.replace(/^(?:LowCardinality\(|Nullable\()+/i, '');
  if (/^(?:JSON|Dynamic|Variant|Object)/i.test(bare)) return 'unknown';
  if (isElement) return /String/i.test(bare) ? 'text' : 'value';
  // A text that may be null gives a null when it does not fit, in some versions.
  if (/^(?:Fixed)?String/i.test(bare)) return /Nullable\(/i.test(type) ? 'unknown' : 'text';
  return /Nullable\(/i.test(type) ? 'nullable' : 'value';
}
