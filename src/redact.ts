// What is taken out of text before anybody sees it: token values in every usual form, and workflow commands.
import type { Secret } from './secret.ts';

export type Redact = (text: string) => string;

/** Start and end in the text, end exclusive. */
type Span = readonly [number, number];

/** What begins alike is told apart by its length: tokens of one workspace share their first sixty characters. */
const PREFIX = 4;

/** Things that are tokens by their looks, whoever they belong to. */
const TOKEN_SHAPES: readonly RegExp[] = [
  // Tinybird: p.<payload>.<signature>
  /(?<![A-Za-z0-9])p\.[\w-]{6,}=*\.[\w-]{6,}=*/g,
  // JWT: a header that is JSON. Bounded, so that hostile text costs linear time.
  /(?<![A-Za-z0-9])eyJ[\w-]{0,4096}\.[\w-]{1,16384}\.[\w-]{0,4096}/g,
  // GitHub: ghp_ gho_ ghu_ ghs_ ghr_ and fine-grained
  /gh[opusr]_[\w.-]{8,}|github_pat_\w{8,}/g,
  /(?<=token(?:=|%3d))[^\s&"'<>#\\]+/gi,
  /(?<=\bBearer(?:\s|%20|\+))[^\s"',\\]+/gi,
  // Tinybird says which token it did not accept, as Python prints bytes. No token has a blank, most prose after a quote has.
  /(?<=\bb\\?')[^\s'\\]+|(?<=\bb\\?")[^\s"\\]+/g,
  // user:password@ of a proxy
  /(?<=:\/\/)[^\s/@:"']{0,256}:[^\s/@"']{1,1024}(?=@)/g,
];

/**
 * Replaces the given values (raw, base64, URI, JSON) and everything that looks like a token by `***`.
 * Values of less than four characters are no secrets and are left alone. Of a value inside longer base64, up to two bytes at either end stay.
 */
export function createRedactor(values: readonly Secret[]): Redact {
  const forms = new Set(values.flatMap((value) => formsOf(value.reveal())));
  const lengths = new Map<string, Set<number>>();
  for (const form of forms) {
    const prefix = form.slice(0, PREFIX);
    lengths.set(prefix, (lengths.get(prefix) ?? new Set()).add(form.length));
  }
  return (text) => cut(text, [...knownSpans(text, forms, lengths), ...shapeSpans(text)]);
}

function knownSpans(
  text: string,
  forms: ReadonlySet<string>,
  lengths: ReadonlyMap<string, Set<number>>,
): Span[] {
  const spans: Span[] = [];
  if (forms.size === 0) return spans;
  for (let start = 0; start + PREFIX <= text.length; start++) {
    for (const length of lengths.get(text.slice(start, start + PREFIX)) ?? []) {
      if (forms.has(text.slice(start, start + length))) spans.push([start, start + length]);
    }
  }
  return spans;
}

function shapeSpans(text: string): Span[] {
  return TOKEN_SHAPES.flatMap((shape) =>
    [...text.matchAll(shape)].map((match): Span => [match.index, match.index + match[0].length]),
  );
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

/**
 * Text from outside, made harmless for the log: no line of it can be read as a workflow command.
 * The runner takes `::name::` at the start of a line and `##[name]` anywhere, and turns %0A and %0D in a command into line ends.
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 */
export function forLog(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(INVISIBLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
    .replace(/^([^\S\n]*):(?=:)/gm, '$1: ')
    .replaceAll('##[', '## [')
    .replace(/%(?=0[ad])/gi, '% ');
}
