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

/** Every line that the runner would obey: `::name …::data` after blanks, or `##[name …]data` anywhere in it. */
export function commandsIn(log: string): Command[] {
  return log.split(/\r\n|[\r\n]/).flatMap((line): Command[] => {
    const modern = /^\s*::([^\s:]+)(?:\s[^\n]*?)?::(.*)$/.exec(line);
    const old = /##\[([^\s\]]+)[^\]]*\](.*)$/.exec(line);
    const found = modern ?? old;
    const name = found?.[1]?.toLowerCase();
    if (found === null || name === undefined || !NAMES.has(name)) return [];
    return [{ name, data: unescaped(found[2] ?? '') }];
  });
}

const unescaped = (data: string): string =>
  data.replaceAll(/%0D/gi, '\r').replaceAll(/%0A/gi, '\n').replaceAll('%25', '%');

/** Everything that the runner takes for this secret, in a log line or in an output. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const shifts = [0, 1, 2].map((shift) => bytes.subarray(shift).toString('base64').replace(/.?=*$/, ''));
  const xml = secret
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;');
  const forms = [
    ...secret.split(/\r?\n/),
    ...shifts,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    xml,
    secret.replaceAll("'", "''"),
    secret.replace(/^"(.*)"$/s, '$1'),
  ];
  return [...new Set(forms)].filter((form) => form.length > 0);
}

/** The forms of these secrets that stand in the text. */
export const formsIn = (text: string, secrets: readonly string[]): string[] =>
  secrets.flatMap(formsOf).filter((form) => text.includes(form));

/** The names of outputs that the runner would drop, because they hold what it takes for a secret. */
export const dropped = (outputs: Readonly<Record<string, string>>, secrets: readonly string[]): string[] =>
  Object.entries(outputs)
    .filter(([, value]) => formsIn(value, secrets).length > 0)
    .map(([name]) => name);
