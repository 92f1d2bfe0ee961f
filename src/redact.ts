// What is taken out of text before anybody sees it: token values in every usual form, and workflow commands.
import type { Secret } from './secret.ts';

export type Redact = (text: string) => string;

/** Start and end in the text, end exclusive. */
type Span = readonly [number, number];

/** What begins alike is told apart by its length: tokens of one workspace share their first sixty characters. */
const PREFIX = 4;

/** `seed`: what no such thing is without, told much sooner than whether there is one. */
interface Shape {
  readonly seed: RegExp;
  readonly whole: RegExp;
}

/** Things that are tokens by their looks, whoever they belong to. None of them has a sign that JSON, Markdown or SQL needs. */
const TOKEN_SHAPES: readonly Shape[] = [
  // Tinybird: p.<payload>.<signature>
  { seed: /p\.[\w-]{6}/, whole: /(?<![A-Za-z0-9])p\.[\w-]{6,}=*\.[\w-]{6,}=*/g },
  // JWT: a header that is JSON. Bounded, so that hostile text costs linear time.
  { seed: /eyJ/, whole: /(?<![A-Za-z0-9])eyJ[\w-]{0,4096}\.[\w-]{1,16384}\.[\w-]{0,4096}/g },
  // GitHub: ghp_ gho_ ghu_ ghs_ ghr_ and fine-grained
  { seed: /gh[opusr]_|github_pat_/, whole: /gh[opusr]_[\w.-]{8,}|github_pat_\w{8,}/g },
];

/** Places in prose where a token stands, whatever it looks like. */
const TOKEN_PLACES: readonly Shape[] = [
  { seed: /token(?:=|%3d)/i, whole: /(?<=token(?:=|%3d))[^\s&"'<>#\\]+/gi },
  // A variable of a shell is none.
  { seed: /bearer/i, whole: /(?<=\bBearer(?:\s|%20|\+))[^\s"',\\$][^\s"',\\]*/gi },
  // Tinybird says which token it did not accept, as Python prints bytes. No token has a blank, most prose after a quote has.
  { seed: /b\\?['"]/, whole: /(?<=\bb\\?')[^\s'\\]+|(?<=\bb\\?")[^\s"\\]+/g },
  // user:password@ of a proxy
  { seed: /:\/\//, whole: /(?<=:\/\/)[^\s/@:"']{0,256}:[^\s/@"']{1,1024}(?=@)/g },
];

/**
 * Replaces the given values (raw, base64, URI, JSON) and everything that looks like a token by `***`.
 * Values of less than four characters are no secrets and are left alone. Of a value inside longer base64, up to two bytes at either end stay.
 */
export function createRedactor(values: readonly Secret[]): Redact {
  return redactor(values, [...TOKEN_SHAPES, ...TOKEN_PLACES]);
}

/** The same for text that a program reads again: what is not a value by itself is left as it is. */
export function createDataRedactor(values: readonly Secret[]): Redact {
  return redactor(values, TOKEN_SHAPES);
}

function redactor(values: readonly Secret[], shapes: readonly Shape[]): Redact {
  const forms = new Set(values.flatMap((value) => formsOf(value.reveal())));
  const lengths = new Map<string, Set<number>>();
  for (const form of forms) {
    const prefix = form.slice(0, PREFIX);
    lengths.set(prefix, (lengths.get(prefix) ?? new Set()).add(form.length));
  }
  const prefixes = [...lengths.keys()].map(literal).join('|');
  const begins = new RegExp(`(?=(${prefixes}))`, 'g');
  const seed = new RegExp(prefixes);
  const known = (text: string): Span[] =>
    forms.size === 0 || !seed.test(text)
      ? []
      : [...text.matchAll(begins)].flatMap(({ index, 1: prefix = '' }) =>
          [...(lengths.get(prefix) ?? [])]
            .filter((length) => forms.has(text.slice(index, index + length)))
            .map((length): Span => [index, index + length]),
        );
  return (text) => {
    const spans = [...known(text), ...shapeSpans(text, shapes)];
    return spans.length === 0 ? text : cut(text, spans);
  };
}

const shapeSpans = (text: string, shapes: readonly Shape[]): Span[] =>
  shapes.flatMap(({ seed, whole }) =>
    seed.test(text)
      ? [...text.matchAll(whole)].map((match): Span => [match.index, match.index + match[0].length])
      : [],
  );

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/** What is shorter is a name or a word of ours; it is redacted where it is shown. */
const SHORTEST_TEXT = 24;

/**
 * Every longer text in a value, redacted. Before it is rendered: a value that is cut short, or has a sign of it escaped, is
 * no longer known for one. `isAside`: what is not rendered, and stays as it is.
 */
export function redactTexts<T>(value: T, redact: Redact, isAside?: (part: object) => boolean): T;
export function redactTexts(
  value: unknown,
  redact: Redact,
  isAside: (part: object) => boolean = () => false,
): unknown {
  // A change stands in the plan and with its tenant. What stays as it is need not be remembered: a fleet has millions of it.
  const known = new Map<object, object>();
  const clean = (one: unknown): unknown => {
    if (typeof one === 'string') return one.length < SHORTEST_TEXT ? one : redact(one);
    if (one === null || typeof one !== 'object' || isAside(one)) return one;
    const before = known.get(one);
    const done = before ?? withParts(one, clean);
    if (before === undefined && done !== one) known.set(one, done);
    return done;
  };
  return clean(value);
}

/** The same object where none of its parts becomes another. */
function withParts(whole: object, clean: (part: unknown) => unknown): object {
  const list = (parts: readonly unknown[]): readonly unknown[] => {
    // Hardly any list has something to hide: only that one is made anew.
    return parts.every((part) => clean(part) === part) ? parts : parts.map(clean);
  };
  if (Array.isArray(whole)) return list(whole);
  if (whole instanceof Set) {
    const parts = [...whole];
    const cleaned = list(parts);
    return cleaned === parts ? whole : new Set(cleaned);
  }
  const isMap = whole instanceof Map;
  const [keys, values] = isMap
    ? [[...whole.keys()], [...whole.values()]]
    : [Object.keys(whole), Object.values(whole)];
  const [names, parts] = [list(keys), list(values)];
  if (names === keys && parts === values) return whole;
  const entries = names.map((name, n) => [name, parts[n]] as const);
  return isMap ? new Map(entries) : Object.fromEntries(entries);
}

/** Overlapping spans become one, so that no rest of a value is left between two stars. */
function cut(text: string, spans: readonly Span[]): string {
  let result = '';
  let done = 0;
  for (const [start, end] of spans.toSorted((a, b) => a[0] - b[0])) {
    if (start >= done) result += `${text.slice(done, start)}***`;
    done = Math.max(done, end);
  }
  return result + text.slice(done);
}

function formsOf(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const uri = encodeURIComponent(value.toWellFormed());
  const lowerCase = (text: string) => text.replace(/%[0-9A-F]{2}/g, (escaped) => escaped.toLowerCase());
  const form = new URLSearchParams({ v: value }).toString().slice(2);
  return [
    value,
    json,
    json.replaceAll('/', '\\/'),
    // Python's JSON is ASCII only.
    json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
    uri,
    lowerCase(uri),
    form,
    lowerCase(form),
    ...base64Forms(value),
  ].filter((text) => text.length >= PREFIX);
}

/** The characters that any base64 of a longer text must contain, for each of the three ways its bytes can fall. */
function base64Forms(value: string): string[] {
  const bytes = Buffer.from(value);
  return [0, 1, 2].flatMap((shift) => {
    const whole = bytes.subarray(shift, shift + Math.floor((bytes.length - shift) / 3) * 3);
    return [whole.toString('base64'), whole.toString('base64url')];
  });
}

/** Controls but tab and newline, invisible characters, and those that change the direction of writing. */
const INVISIBLE = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Written as `\u{202e}`, so that nothing is there that a reader cannot see. */
export const visible = (text: string): string =>
  text.replace(INVISIBLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);

/**
 * Text from outside, made harmless for the log: no line of it can be read as a workflow command.
 * The runner takes `::name::` at the start of a line and `##[name]` anywhere, and turns %0A and %0D in a command into line ends.
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 */
export function forLog(text: string): string {
  return visible(text.replace(/\r\n?/g, '\n'))
    .replace(/^([^\S\n]*):(?=:)/gm, '$1: ')
    .replaceAll('##[', '## [')
    .replace(/%(?=0[ad])/gi, '% ');
}
