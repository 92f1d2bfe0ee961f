// The story of a proof, top to bottom: deploy what an apply would, fill it, try every token on everything, say what was seen.
import type { Clock } from '../clock.ts';
import type { Inputs } from '../inputs.ts';
import type { Finding } from '../lint/finding.ts';
import type { Generation } from '../model.ts';
import { plural } from '../numbers.ts';
import { onlyTenants, readSources } from '../read-sources.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { Secret } from '../secret.ts';
import type { Sources } from '../sources.ts';
import { evidenceIn } from './columns.ts';
import { deploy } from './deploy.ts';
import { type Filler, fillAll, tablesOf } from './fill.ts';
import { Findings } from './findings.ts';
import { groundOf } from './ground.ts';
import { matrixOf } from './matrix.ts';
import { type Proof, sorted } from './proof.ts';
import type { Holder, Trial } from './rounds.ts';
import { sampleFor, sampleOf } from './sample.ts';
import { tryAll } from './trial.ts';

export interface Asked {
  readonly inputs: Inputs;
  readonly generation: Generation;
  /** Every tenant against every other, whatever it takes. */
  readonly exhaustive: boolean;
  /** What reading alone shows; nothing when absent. */
  readonly lint?: (sources: Sources, generation: Generation) => readonly Finding[];
  /** Ids: only these are tried, each until it leaks. Whether each of them does is all that is asked. */
  readonly suspects?: ReadonlySet<string>;
}

export interface At {
  readonly sandbox: Sandbox;
  readonly clock: Clock;
  /** Folder of the template sets that come with the product. */
  readonly shippedSets: string;
  /** One line of progress. */
  readonly say: (line: string) => void;
}

let workspaces = 0;

/** In a new workspace of the sandbox. Throws a Stop for what an apply would refuse, and for what the sandbox cannot take. */
export async function verify(asked: Asked, at: At): Promise<Proof> {
  const { inputs, generation } = asked;
  const sources = await readSources(inputs, at.shippedSets);
  const ground = groundOf(sources, generation, onlyTenants(inputs.tenant, sources.fleet));
  const { tenants } = ground;
  const suspects = asked.suspects ?? null;
  const sample = suspects === null ? sampleOf(tenants, asked.exhaustive) : sampleFor(suspects, tenants);
  const findings = await tried({ ground, sample, suspects }, asked, at);
  return {
    fleet: sources.fleet.name,
    generation,
    tried: findings.tried,
    answered: findings.answered,
    leaks: sorted([...findings.leaks.values()]),
    refusedOwn: [...findings.refusedOwn.values()],
    tenants: tenants.length,
    resources: ground.datasources.size + ground.pipes.size,
    findings: asked.lint?.(sources, generation) ?? [],
    sampled: sample.said,
    notTried: [...findings.notTried],
    notes: [...findings.notes],
    matrix: matrixOf(ground, findings),
  };
}

async function tried(
  { ground, sample, suspects }: Pick<Trial, 'ground' | 'sample' | 'suspects'>,
  asked: Asked,
  at: At,
): Promise<Findings> {
  const { sandbox, clock, say } = at;
  workspaces += 1;
  const account = await sandbox.createWorkspace(`verify_${workspaces}`, asked.generation);
  const admin = new Secret(account.adminToken);
  say(`${plural(ground.tenants.length, 'tenant')} into an embedded ${asked.generation} workspace`);
  const place = { url: sandbox.url, workspace: account.id, admin };
  const tokenOf = await deploy(asked.inputs, place, { ...at, say: () => {} });

  const evidence = evidenceIn(ground);
  const findings = new Findings(ground);
  const { tables, left } = tablesOf(ground, evidence);
  for (const sentence of left) findings.notTried.add(sentence);
  const common = { url: sandbox.url, clock, ground };
  const note = (text: string) => findings.notes.add(text);
  const filler: Filler = { ...common, admin, panel: sample.panel, tables, note };
  say(`rows of each of them into ${plural(tables.length, 'data source')}`);
  const holders = ground.tokens.flatMap((held): Holder[] => {
    const value = tokenOf(held.tenant.id, held.role);
    return value === null ? [] : [{ ...held, value }];
  });
  noteTokens(findings, ground.tokens.length, holders.length);
  // Rows that expire in the middle of it would look like those of others that are counted.
  await sandbox.unmerged(async () => {
    await fillAll(filler);
    await tryAll({ ...common, evidence, sample, filler, findings, holders, say, suspects });
  });
  return findings;
}

function noteTokens({ notes }: Findings, tokens: number, tried: number): void {
  if (tokens === 0) notes.add('no tenant has a token, so nothing could be tried');
  if (tried < tokens) notes.add(`${plural(tokens - tried, 'token')} got no value in the sandbox: not tried`);
}
