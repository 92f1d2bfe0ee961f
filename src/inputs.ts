// The contract with the user: every input once, with its default, its help and its type. action.yml, --help and the README repeat this table and a test holds them to it.
import { bad, ok, type Problem, type Result } from './errors.ts';
import { Secret } from './secret.ts';

/** What is wrong with a value. It may be a secret in the wrong place, so it is never repeated. */
class Unfit extends Error {}

/** From the text as it is given to what it means; throws an Unfit. */
type Reads<T> = (text: string) => T;

const text: Reads<string> = (value) => value;
const optional: Reads<string | null> = (value) => value || null;
const secret: Reads<Secret | null> = (value) => (value === '' ? null : new Secret(value));
const ids: Reads<readonly string[] | null> = (value) => {
  const wanted = value
    .split(',')
    .map((id) => id.trim())
    .filter(Boolean);
  return wanted.length > 0 ? wanted : null;
};

const oneOf =
  <T extends string>(values: readonly T[], message = `must be one of ${values.join(', ')}`): Reads<T> =>
  (value) => {
    const known = values.find((one) => one === value);
    if (known === undefined) throw new Unfit(message);
    return known;
  };
const truth = oneOf(['true', 'false'], 'must be true or false');
const flag: Reads<boolean> = (value) => truth(value) === 'true';

const whole =
  (least: number, most: number): Reads<number> =>
  (value) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw new Unfit(`must be a whole number from ${least} to ${most}`);
  };

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const milliseconds = (value: string): number => Number(value.slice(0, -1)) * (UNITS[value.slice(-1)] ?? 0);
/** Seconds; null when it is not given. */
const days: Reads<number | null> = (value) => {
  if (value === '') return null;
  if (/^\d+[smhd]$/.test(value)) return milliseconds(value) / 1_000;
  throw new Unfit('must be a number of seconds, minutes, hours or days, e.g. 30m, 24h, 90d');
};
const duration: Reads<number> = (value) => {
  if (/^\d+[smh]$/.test(value)) return milliseconds(value);
  throw new Unfit('must be a number of seconds, minutes or hours, e.g. 90s, 15m, 1h');
};

export type SecretsTarget =
  | { readonly kind: 'auto' }
  | { readonly kind: 'repository' }
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'none' };

const secrets: Reads<SecretsTarget> = (value) => {
  if (value === 'auto' || value === 'repository' || value === 'none') return { kind: value };
  const name = value.startsWith('environment:') ? value.slice('environment:'.length).trim() : '';
  if (name !== '') return { kind: 'environment', name };
  throw new Unfit('must be auto, repository, environment:NAME or none');
};

const command = oneOf(['auto', 'plan', 'apply', 'rotate', 'verify']);
const layout = oneOf(['auto', 'per-tenant', 'packed']);

interface Input<T = unknown> {
  readonly default: string;
  readonly help: string;
  readonly reads: Reads<T>;
}
const input = <T>(fallback: string, reads: Reads<T>, help: string): Input<T> => ({
  default: fallback,
  help,
  reads,
});

export const INPUTS = {
  command: input(
    'auto',
    command,
    'auto, plan, apply, rotate or verify; auto applies on a push to the default branch, workflow_dispatch and repository_dispatch, and plans on everything else',
  ),
  'tinybird-token': input(
    '',
    secret,
    'may deploy and read; optional for plan: without it the list is compared with its base in Git',
  ),
  'tinybird-tokens-token': input(
    '',
    secret,
    'scope TOKENS, for reading and minting tokens, when tinybird-token may only deploy',
  ),
  'tinybird-host': input(
    'https://api.tinybird.co',
    text,
    'API host of the workspace’s region; https, except on loopback',
  ),
  workspace: input('', optional, 'id or name of the only workspace that may be changed'),
  tenants: input(
    'tenants.yaml',
    text,
    'the list: .yaml, .json, .csv, a folder with one file per tenant, or - for standard input',
  ),
  tenant: input('', ids, 'only these tenants, comma-separated ids'),
  templates: input('', optional, 'folder of template sets; the shipped sets when empty'),
  project: input('', optional, 'folder of the datafiles that all tenants share'),
  'base-ref': input('', optional, 'what the list is compared with in the comment; from the event when empty'),
  prune: input('false', flag, 'also remove what is ours but no longer in the list'),
  adopt: input('false', flag, 'take over unmarked resources that have a name the list wants'),
  'older-than': input('', days, 'rotate: only tokens of at least this age, such as 90d; 0d for all'),
  grace: input(
    '24h',
    (value) => days(value) ?? 0,
    'how long an old token works beside the one that follows it, at least',
  ),
  now: input('false', flag, 'rotate: the old value is known to others and ends at once'),
  force: input('false', flag, 'retire old tokens whose grace is over although they are still used'),
  'all-jwts': input(
    'false',
    flag,
    'rotate, with now: end every JWT of the workspace and mint those of the list again',
  ),
  'max-removals': input('5', whole(0, 1_000_000), 'tenants, orphans included, that one run may remove'),
  'plan-checksum': input('', optional, 'apply only the plan with this checksum'),
  verify: input(
    'false',
    flag,
    'prove isolation around the promotion, and swap back to what was live when it cannot be shown',
  ),
  'deploy-timeout': input('15m', duration, 'how long to wait for a deployment, ours or somebody else’s'),
  'github-token': input('', secret, 'for the comment and the base of the list'),
  'secrets-token': input(
    '',
    secret,
    'GitHub App or fine-grained token with Secrets: write and Variables: write',
  ),
  secrets: input(
    'auto',
    secrets,
    'repository, environment:NAME or none; auto is repository when secrets-token is given',
  ),
  'secret-prefix': input(
    'TINYBIRD_TENANT_',
    text,
    'secrets are named <prefix><SLUG>_<ROLE>, or <prefix>BUCKET_<NN>',
  ),
  'secret-layout': input(
    'auto',
    layout,
    'per-tenant (a secret for each token) or packed (64 that all tenants share); auto chooses',
  ),
  'tokens-file': input(
    '',
    optional,
    'writes token values there for later steps of this job; must be outside the workspace folder',
  ),
  comment: input('true', flag, 'comment the plan on the pull request'),
  concurrency: input('8', whole(1, 64), 'requests at a time'),
} as const;

export type InputName = keyof typeof INPUTS;
export type Inputs = {
  readonly [Name in InputName]: ReturnType<(typeof INPUTS)[Name]['reads']>;
};

/** Validates all inputs at once; an empty string is the default, as GitHub passes an unset input. */
export function parseInputs(raw: (name: InputName) => string): Result<Inputs> {
  const problems: Problem[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, { default: fallback, reads }] of Object.entries(INPUTS) as [InputName, Input][]) {
    try {
      values[name] = reads(raw(name).trim() || fallback);
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      problems.push({ file: `input ${name}`, message: error.message });
    }
  }
  return problems.length > 0 ? bad(...problems) : ok(values as Inputs);
}
