// What GitHub's runner does with a step's output: which lines are commands, what a secret hides, which outputs it drops.
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands

export interface Command {
  readonly name: string;
  /** As the runner reads it: percent escapes undone. */
  readonly data: string;
}

const NAMES = new Set([
  'add-mask',
  'add-matcher',
  'add-path',
  'debug',
  'echo',
  'endgroup',
  'error',
  'group',
  'notice',
  'remove-matcher',
  'save-state',
  'set-env',
  'set-output',
  'stop-commands',
  'warning',
]);

const LINE_END = /\r\n|[\r\n]/;

/** Every line that the runner would obey: `::name …::data` after blanks, or `##[name …]data` anywhere in it. */
export const commandsIn = (log: string): Command[] =>
  log.split(LINE_END).flatMap((line) => commandOf(line) ?? []);

function commandOf(line: string): Command | null {
  const modern = /^\s*::([^\s:]+)(?:\s[^\n]*?)?::(.*)$/.exec(line);
  const old = /##\[([^\s\]]+)[^\]]*\](.*)$/.exec(line);
  const found = modern ?? old;
  const name = found?.[1]?.toLowerCase();
  if (found === null || name === undefined || !NAMES.has(name)) return null;
  return { name, data: unescaped(found[2] ?? '') };
}

const unescaped = (data: string): string =>
  data.replaceAll(/%0D/gi, '\r').replaceAll(/%0A/gi, '\n').replaceAll('%25', '%');

/** What the lines of the log have masked. */
export const masksIn = (log: string): string[] =>
  commandsIn(log).flatMap(({ name, data }) => (name === 'add-mask' ? [data] : []));

/** The log without the lines that the runner takes for masks; it never shows those. */
export const withoutMasks = (log: string): string =>
  log
    .split(LINE_END)
    .filter((line) => commandOf(line)?.name !== 'add-mask')
    .join('\n');

type Encoder = (secret: string) => string;

const base64: Encoder = (secret) => Buffer.from(secret).toString('base64');

/** As it stands at the end of longer base64, when that many of its bytes went with what is before it. */
const base64After =
  (shift: number): Encoder =>
  (secret) => {
    const bytes = Buffer.from(secret);
    return bytes.subarray(bytes.length > shift ? shift : 0).toString('base64');
  };

/** All but letters, digits and `-._~`; JavaScript's own leaves five more as they are. */
const uri: Encoder = (secret) =>
  encodeURIComponent(secret.toWellFormed()).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );

const XML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

const xml: Encoder = (secret) => secret.replace(/[&<>"']/g, (sign) => XML[sign] ?? sign);

/** Newtonsoft's JSON also escapes the three line ends that JavaScript's leaves. */
const json: Encoder = (secret) =>
  JSON.stringify(secret)
    .slice(1, -1)
    .replace(/[\u0085\u2028\u2029]/g, (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, '0')}`);

const unquoted: Encoder = (secret) =>
  secret.length > 8 && secret.startsWith('"') && secret.endsWith('"') ? secret.slice(1, -1) : '';

const SHORTEST_PART = 6;
const longEnough = (part: string): string => (part.length >= SHORTEST_PART ? part : '');

/** PowerShell colours its errors at an ampersand: what is before the colour, and what is after it. */
const beforeAmpersand: Encoder = (secret) => {
  const plus = secret.indexOf('&+');
  return longEnough(secret.slice(0, plus < 0 ? secret.lastIndexOf('&') + 1 : plus + 2));
};

const afterAmpersand: Encoder = (secret) => {
  const plus = secret.indexOf('&+');
  if (plus >= 0) return longEnough(secret.slice(plus + 3));
  return secret.includes('&') ? longEnough(secret.slice(secret.lastIndexOf('&') + 1)) : '';
};

/** https://github.com/actions/runner: the encoders that src/Runner.Common/HostContext.cs gives to its masker. */
const ENCODERS: readonly Encoder[] = [
  base64,
  base64After(1),
  base64After(2),
  (secret) => secret.replaceAll('"', '\\"'),
  (secret) => secret.replaceAll("'", "''"),
  json,
  uri,
  xml,
  unquoted,
  beforeAmpersand,
  afterAmpersand,
];

/** Everything that the runner hides for a mask: the whole, each line of it, and each of those in every encoding. */
export function formsOf(mask: string): string[] {
  if (mask.trim() === '') return [];
  const lines = mask.split(/[\r\n]/).map((line) => line.trim());
  const forms = [mask, ...lines].flatMap((part) => [part, ...ENCODERS.map((encode) => encode(part))]);
  return [...new Set(forms)].filter((form) => form !== '');
}

/** In longer base64 of either alphabet, wherever it stands there: what does not depend on its neighbours. */
const insideBase64 = (secret: string): string[] =>
  [0, 1, 2].flatMap((shift) => {
    const bytes = Buffer.from(secret).subarray(shift);
    return (['base64', 'base64url'] as const).map((form) => bytes.toString(form).replace(/.?=*$/, ''));
  });

/** The forms of these secrets that stand in the text: all that the runner would hide, and base64 that it would not know. */
export const formsIn = (text: string, secrets: readonly string[]): string[] =>
  secrets
    .flatMap((secret) => [...formsOf(secret), ...insideBase64(secret)])
    .filter((form) => form !== '' && text.includes(form));

/** The names of outputs that the runner would drop, because they hold what it takes for a secret. */
export const dropped = (outputs: Readonly<Record<string, string>>, masks: readonly string[]): string[] => {
  const forms = masks.flatMap(formsOf);
  return Object.entries(outputs)
    .filter(([, value]) => forms.some((form) => value.includes(form)))
    .map(([name]) => name);
};
