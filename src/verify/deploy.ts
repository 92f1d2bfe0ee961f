// The workspace as an apply makes it, by the product's own run, and the tokens as it hands them out.
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import type { Clock } from '../clock.ts';
import { Stop } from '../errors.ts';
import type { Inputs } from '../inputs.ts';
import { plural } from '../numbers.ts';
import { Secret } from '../secret.ts';
import { startRun } from '../start.ts';

export interface Place {
  readonly url: string;
  readonly workspace: string;
  readonly admin: Secret;
}

export interface Around {
  readonly clock: Clock;
  readonly shippedSets: string;
  readonly say: (line: string) => void;
}

/** Tenant → role → value. */
const Values = z.record(z.string(), z.record(z.string(), z.string()));

/** Gives the value of each tenant's role. Throws a Stop with what the run said when not everything is there. */
export async function deploy(
  inputs: Inputs,
  place: Place,
  { clock, shippedSets, say }: Around,
): Promise<(tenant: string, role: string) => Secret | null> {
  const folder = await mkdtemp(join(tmpdir(), 'tinybird-tenants-verify-'));
  const cwd = join(folder, 'checkout');
  const tokensFile = join(folder, 'tokens.json');
  try {
    await mkdir(cwd);
    const report = await startRun(inputsFor(inputs, place, tokensFile), {
      context: null,
      clock,
      // No proxy stands between this process and itself.
      env: {},
      cwd,
      shippedSets,
      say,
      redact: (text) => text,
      mask: () => {},
      leaves: () => {},
    });
    if (report.stop !== null) {
      throw new Stop(report.stop.exitCode === 2 ? 'bad-input' : 'failed', report.stop.message);
    }
    // One mistake fails everything that is deployed with it.
    const failed = new Set(
      report.outcomes.flatMap((outcome) => (outcome.result === 'failed' ? [outcome.error] : [])),
    );
    if (failed.size > 0) throw new Stop('bad-input', refusal([...failed]));
    // What has no token leaves no file.
    const text = await readFile(tokensFile, 'utf8').catch(() => '{}');
    const values = new Map(Object.entries(Values.parse(JSON.parse(text))));
    return (tenant, role) => {
      const roles = values.get(tenant);
      return roles === undefined || !Object.hasOwn(roles, role) ? null : new Secret(roles[role] ?? '');
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const SHOWN = 10;

function refusal(errors: readonly string[]): string {
  const left = errors.length > SHOWN ? [`… and ${plural(errors.length - SHOWN, 'error')} more`] : [];
  return [
    'The sandbox does not take what the sets and the project come to:',
    ...errors.slice(0, SHOWN),
    ...left,
  ].join('\n');
}

const inputsFor = (inputs: Inputs, { url, workspace, admin }: Place, tokensFile: string): Inputs => ({
  ...inputs,
  command: 'apply',
  'tinybird-token': admin,
  'tinybird-tokens-token': null,
  'tinybird-host': url,
  // Wins over the list's pin, which is about another workspace.
  workspace,
  'tokens-file': tokensFile,
  secrets: { kind: 'none' },
  'secrets-token': null,
  'github-token': null,
  'plan-checksum': null,
  'all-jwts': false,
  now: false,
});
