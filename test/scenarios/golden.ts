// What a step looked like, as text that a person reads: what the user sees, what is stored, what was sent.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { decodeLedger, type Entry } from '../../src/github/ledger.ts';
import { fromNow, type Placeholders } from './placeholders.ts';
import type { Played } from './play.ts';
import { requestsOf } from './requests.ts';
import { PULL, type Stage } from './stage.ts';
import type { Step } from './step.ts';
import { readable, tokensOf } from './tokens.ts';
import type { Deployment } from './workspace.ts';

export async function golden(at: {
  readonly stage: Stage;
  readonly step: Step;
  readonly played: Played;
  readonly placeholders: Placeholders;
}): Promise<string> {
  const { stage, step, played, placeholders } = at;
  const { end } = played;
  const sections: [string, string[]][] = [
    ['LOG', [end.log.replaceAll(PROGRESS, '').trimEnd()]],
    ['OUTPUTS', Object.entries(end.outputs).map(([name, value]) => `${name}: ${value}`)],
    ['SUMMARY', [end.summary.trimEnd()]],
    ...stage.github.comments(PULL).map((comment): [string, string[]] => {
      const { author, body } = comment;
      return [`COMMENT ${comment.id} BY ${author} ON #${PULL}`, [body]];
    }),
    ['TOKENS FILE', tokensFile(stage, step)],
    ['SECRETS', secretsOf(stage)],
    ['LEDGER', [...stage.github.variables].flatMap(([name, text]) => ledgerOf(name, text, placeholders))],
    ['DEPLOYMENTS', played.deployments.flatMap(deploymentOf)],
    // On Forward the deployments tell them.
    ['TOKENS', stage.generation === 'forward' ? [] : tokensOf(placeholders.tokens)],
    ['READABLE', await readable(stage, placeholders.tokens, step.asks)],
  ];
  const head = [step.says, '', `EXIT ${end.exitCode ?? 'killed'}`];
  const shown = sections.filter(([, lines]) => lines.join('') !== '');
  const body = shown.flatMap(([title, lines]) => ['', `--- ${title} ---`, ...lines]);
  const requests = ['', '--- REQUESTS ---', ...requestsOf(played, stage.generation)];
  return `${placeholders.fill([...head, ...body, ...requests].join('\n'))}\n`;
}

/** Lines that a slow machine writes and a fast one does not. */
const PROGRESS = /^(?:[\d,]+ of [\d,]+ tenants; about|History of .*: ).*\n/gm;

function tokensFile({ temp }: Stage, { inputs }: Step): string[] {
  const path = inputs['tokens-file']?.replace('$RUNNER_TEMP', temp);
  if (path === undefined) return [];
  if (!existsSync(path)) return [`${path}: gone`];
  return [`${path}, mode ${(statSync(path).mode & 0o777).toString(8)}`, readFileSync(path, 'utf8').trimEnd()];
}

function secretsOf({ github }: Stage): string[] {
  const environments = ['prod'].flatMap((name) =>
    lines(`environment ${name}`, github.environmentSecrets(name)),
  );
  return [...lines('repository', github.secrets), ...environments];
}

const lines = (where: string, secrets: ReadonlyMap<string, string>): string[] =>
  [...secrets].map(([name, value]) => `${where}: ${name} = ${value}`).sort();

function ledgerOf(name: string, text: string, placeholders: Placeholders): string[] {
  const fleet: unknown = Reflect.get(Object(JSON.parse(text)), 'fleet');
  const read = decodeLedger(String(fleet), text);
  if (read.kind !== 'present') return [`${name}: ${text}`];
  const rows = [...read.ledger].flatMap(([target, entries]) =>
    [...entries].map(
      ([secret, entry]) => `  ${target}: ${secret} of ${entry.tenant}: ${entryOf(entry, placeholders)}`,
    ),
  );
  return [`${name}, fleet ${String(fleet)}`, ...rows];
}

function entryOf({ fingerprint, jwt, pending }: Entry, placeholders: Placeholders): string {
  const parts = [
    fingerprint === null ? 'no fingerprint' : placeholders.named('fingerprint', fingerprint),
    ...(jwt === null
      ? []
      : [`JWT, ${placeholders.named('claims', jwt.claims)}, ends ${fromNow(jwt.expires * 1000)}`]),
    ...(pending ? ['pending'] : []),
  ];
  return parts.join(', ');
}

function deploymentOf(deployment: Deployment): string[] {
  const lists: [string, readonly string[]][] = [
    ['new', [...deployment.new_datasource_names, ...deployment.new_pipe_names]],
    ['changed', [...deployment.changed_datasource_names, ...deployment.changed_pipe_names]],
    ['deleted', [...deployment.deleted_datasource_names, ...deployment.deleted_pipe_names]],
    [
      'tokens',
      deployment.token_changes.map(({ token_name, change_type }) => `${token_name} (${change_type})`),
    ],
  ];
  return [
    `${deployment.id}: ${deployment.live ? 'live' : deployment.status}`,
    ...lists
      .filter(([, names]) => names.length > 0)
      .map(([what, names]) => `  ${what}: ${names.toSorted().join(', ')}`),
  ];
}
