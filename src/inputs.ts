// The contract with the user: every input once, with its default, its help and its type. action.yml, --help and the README repeat this table and a test holds them to it.
import * as z from 'zod';
import { bad, ok, type Problem, type Result } from './errors.ts';
import { Secret } from './secret.ts';

const text = z.string();
const optional = text.transform((value) => value || null);
const secret = text.transform((value) => (value === '' ? null : new Secret(value)));
const flag = z
  .enum(['true', 'false'], { error: 'must be true or false' })
  .transform((value) => value === 'true');
const whole = (least: number, most: number) =>
  text
    .regex(/^\d+$/, { error: `must be a whole number from ${least} to ${most}` })
    .transform(Number)
    .refine((n) => n >= least && n <= most, { error: `must be a whole number from ${least} to ${most}` });

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** Seconds; null when it is not given. */
const days = text.transform((value, context): number | null => {
  if (value === '') return null;
  if (/^\d+[smhd]$/.test(value)) return (Number(value.slice(0, -1)) * (UNITS[value.slice(-1)] ?? 0)) / 1_000;
  const message = 'must be a number of seconds, minutes, hours or days, e.g. 30m, 24h, 90d';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});
const duration = text
  .regex(/^\d+[smh]$/, { error: 'must be a number of seconds, minutes or hours, e.g. 90s, 15m, 1h' })
  .transform((value) => Number(value.slice(0, -1)) * (UNITS[value.slice(-1)] ?? 0));

export type SecretsTarget =
  | { readonly kind: 'auto' }
  | { readonly kind: 'repository' }
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'none' };

const secrets = text.transform((value, context): SecretsTarget => {
  if (value === 'auto' || value === 'repository' || value === 'none') return { kind: value };
  const name = value.startsWith('environment:') ? value.slice('environment:'.length).trim() : '';
  if (name !== '') return { kind: 'environment', name };
  context.addIssue({ code: 'custom', message: 'must be auto, repository, environment:NAME or none' });
  return z.NEVER;
});

const COMMANDS = ['auto', 'plan', 'apply', 'rotate', 'verify'] as const;
const command = z.enum(COMMANDS, { error: `must be one of ${COMMANDS.join(', ')}` });

const LAYOUTS = ['auto', 'per-tenant', 'packed'] as const;
const ids = text.transform((value): readonly string[] | null => {
  const wanted = value
    .split(',')
    .map((id) => id.trim())
    .filter(Boolean);
  return wanted.length > 0 ? wanted : null;
});

interface Input<T = unknown> {
  readonly default: string;
  readonly help: string;
  readonly schema: z.ZodType<T, string>;
}
const input = <T>(fallback: string, schema: z.ZodType<T, string>, help: string): Input<T> => ({
  default: fallback,
  help,
  schema,
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
    days.transform((value) => value ?? 0),
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
    z.enum(LAYOUTS, { error: `must be one of ${LAYOUTS.join(', ')}` }),
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
export type Inputs = { readonly [Name in InputName]: z.output<(typeof INPUTS)[Name]['schema']> };

/** Validates all inputs at once; an empty string is the default, as GitHub passes an unset input. */
export function parseInputs(raw: (name: InputName) => string): Result<Inputs> {
  const problems: Problem[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, { default: fallback, schema }] of Object.entries(INPUTS) as [InputName, Input][]) {
    const given = raw(name).trim();
    const parsed = schema.safeParse(given === '' ? fallback : given);
    if (parsed.success) values[name] = parsed.data;
    else {
      // A value may be a secret in the wrong place, so it is not repeated.
      problems.push({
        file: `input ${name}`,
        message: parsed.error.issues.map(({ message }) => message).join('; '),
      });
    }
  }
  return problems.length > 0 ? bad(...problems) : ok(values as Inputs);
}
