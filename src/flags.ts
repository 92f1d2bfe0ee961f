// The command line's words turned into flags; what is not given comes from the environment.
import { parseArgs } from 'node:util';
import { Stop } from './errors.ts';
import { INPUTS, type InputName } from './inputs.ts';
import { Secret } from './secret.ts';

/** Where a flag's value comes from when the flag is not given: secrets do not belong on a command line. */
const ENVIRONMENT: Partial<Record<InputName, string>> = {
  'tinybird-token': 'TINYBIRD_TOKEN',
  'tinybird-host': 'TINYBIRD_HOST',
  'tinybird-tokens-token': 'TINYBIRD_TOKENS_TOKEN',
  'github-token': 'GITHUB_TOKEN',
  'secrets-token': 'SECRETS_TOKEN',
};

const COMMANDS = ['plan', 'apply', 'rotate', 'render', 'lint', 'verify', 'token'] as const;
export type Command = (typeof COMMANDS)[number] | 'help';

export interface Flags {
  readonly command: Command;
  /** Words behind `token`. */
  readonly args: readonly string[];
  readonly raw: (name: InputName) => string;
  readonly json: boolean;
  readonly exitCode: boolean;
  readonly out: string | null;
  readonly reveal: boolean;
  readonly ttl: string | null;
  readonly generation: string | null;
  readonly exhaustive: boolean;
  readonly live: boolean;
}

const isRun = (command: Command): boolean =>
  command === 'apply' || command === 'rotate' || command === 'verify';

/** Throws a `bad-input` Stop for what it does not know. */
export function readFlags(argv: readonly string[], env: NodeJS.ProcessEnv): Flags {
  const options = Object.fromEntries(
    Object.entries(INPUTS).map(([name, input]) => {
      const isFlag = input.default === 'true' || input.default === 'false';
      return [name, { type: isFlag ? ('boolean' as const) : ('string' as const) }];
    }),
  );
  const own = {
    json: { type: 'boolean' },
    'exit-code': { type: 'boolean' },
    out: { type: 'string' },
    reveal: { type: 'boolean' },
    ttl: { type: 'string' },
    generation: { type: 'string' },
    exhaustive: { type: 'boolean' },
    live: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const;
  const { values, positionals } = parse(argv, { ...options, ...own });
  const [first = 'help', ...args] = positionals;
  const command = values.help === true || first === 'help' ? 'help' : commandOf(first, args);
  const textOf = (name: string): string | null => (typeof values[name] === 'string' ? values[name] : null);
  return {
    command,
    args,
    raw: (name) => {
      if (name === 'command') return isRun(command) ? command : 'plan';
      const given = values[name];
      return given === undefined ? (env[ENVIRONMENT[name] ?? ''] ?? '') : String(given);
    },
    json: values.json === true,
    exitCode: values['exit-code'] === true,
    out: textOf('out'),
    reveal: values.reveal === true,
    ttl: textOf('ttl'),
    generation: textOf('generation'),
    exhaustive: values.exhaustive === true,
    live: values.live === true,
  };
}

type Options = Readonly<Record<string, { readonly type: 'boolean' | 'string' }>>;

function parse(argv: readonly string[], options: Options) {
  try {
    const parsed = parseArgs({
      args: [...argv],
      options,
      allowPositionals: true,
      allowNegative: true,
      strict: true,
    });
    return {
      values: parsed.values as Readonly<Record<string, string | boolean | undefined>>,
      positionals: parsed.positionals,
    };
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error);
    throw new Stop('bad-input', `${message}. \`tinybird-tenants --help\` lists the flags.`);
  }
}

function commandOf(word: string, args: readonly string[]): Command {
  const command = COMMANDS.find((known) => known === word);
  if (command !== undefined && (command === 'token' || args.length === 0)) return command;
  throw new Stop(
    'bad-input',
    `There is no command ${JSON.stringify([word, ...args].join(' '))}. The commands are plan, apply, rotate, render, lint, verify, token and sandbox; see --help.`,
  );
}

/** Values that nothing of ours may show. */
export const secretsOf = (raw: Flags['raw']): Secret[] =>
  (['tinybird-token', 'tinybird-tokens-token', 'github-token', 'secrets-token'] as const)
    .map((name) => raw(name).trim())
    .filter(Boolean)
    .map((value) => new Secret(value));
