// The plan without a workspace: list, sets and project at their base in Git against those at hand, both rendered.

import { type BaseAt, renderingAt } from './base-sources.ts';
import { Stop, unwrap } from './errors.ts';
import { type BaseList, baseOf, readBase } from './github/base.ts';
import { openClient } from './github/open.ts';
import type { Inputs } from './inputs.ts';
import { lint } from './lint/lint.ts';
import type { Desired, Fleet, Live, LiveJwt, LiveResource, LiveToken } from './model.ts';
import { carriersOf, keepLines } from './plan/carriers.ts';
import { plan } from './plan/plan.ts';
import { claimsHash } from './plan/tokens.ts';
import { type Mode, type Report, reportOf } from './report/report.ts';
import { desiredOf, type Sources } from './sources.ts';
import type { Surroundings } from './surroundings.ts';
import { formatOf, parseTenants, withReader } from './tenants.ts';

const NOTHING: Live = { resources: [], tokens: [], jwts: new Map() };

export async function compareWithBase(told: {
  readonly inputs: Inputs;
  readonly at: Surroundings;
  readonly sources: Sources;
  readonly only: ReadonlySet<string> | null;
  readonly does: Mode;
}): Promise<Report> {
  const { inputs, at, sources, only, does } = told;
  if (does !== 'plan') {
    throw new Stop(
      'bad-input',
      `input tinybird-token: it is needed to ${does}, and it is empty. On GitHub a secret is empty when its name is wrong, and for forks and Dependabot. Nothing was sent.`,
    );
  }
  const { fleet } = sources;
  const notes = [
    'the workspace was not asked (no `tinybird-token`): this compares the list, its sets and the project with their base in Git',
  ];
  const live = await liveOfBase(told, notes);
  const { resources, notes: frozen } = unwrap(desiredOf(sources, 'forward'));
  notes.push(...frozen);
  const scope = { live, fleet, only, prune: inputs.prune };
  const carriers = carriersOf({ ...scope, desired: resources });
  const desired = keepLines({ ...scope, desired: resources }, carriers);
  const now = Math.floor(at.clock.now() / 1000);
  const made = plan({ ...scope, desired, adopt: false, now }, carriers);
  const findings = lint(sources, 'forward');
  const nothing = { workspace: null, stop: null, drift: false } as const;
  return reportOf({ ...nothing, fleet, mode: 'plan', plan: made, notes, findings }, at.redact);
}

async function liveOfBase(
  { inputs, at, sources }: { inputs: Inputs; at: Surroundings; sources: Sources },
  notes: string[],
): Promise<Live> {
  const base = await openBase(inputs, at);
  const unknown = (reason: string): Live => {
    notes.push(`the base of the list is unknown (${reason}): everything is shown as new`);
    return NOTHING;
  };
  if ('reason' in base) return unknown(base.reason);
  const list = await readBase(base.client, { path: inputs.tenants, ref: base.ref });
  if (list.kind === 'unknown') return unknown(list.reason);
  if (list.kind === 'absent') return NOTHING;
  const fleet = await parseBase(list, inputs.tenants);
  const then = fleet === null ? null : await renderingAt(base, { inputs, sources });
  notes.push(...(then?.notes ?? []));
  const desired = fleet === null || then === null ? null : desiredOf({ fleet, ...then.rendering }, 'forward');
  if (desired?.ok) return asLive(desired.value.resources);
  notes.push('the list at its base is not valid: everything is shown as new');
  return NOTHING;
}

async function openBase(
  inputs: Inputs,
  { context }: Surroundings,
): Promise<BaseAt | { readonly reason: string }> {
  if (context === null) return { reason: 'this is not a GitHub Actions job' };
  const client = await openClient(inputs, context, 'github-token');
  if (client === null) return { reason: '`github-token` is not given' };
  const base = await baseOf(client, context, inputs['base-ref']);
  return base.kind === 'unknown' ? base : { client, ref: base.ref };
}

async function parseBase(
  base: Extract<BaseList, { kind: 'file' | 'folder' }>,
  path: string,
): Promise<Fleet | null> {
  const parsed =
    base.kind === 'file'
      ? parseTenants(await withReader({ file: path, text: base.text }, formatOf(path) ?? 'yaml'))
      : parseTenants({
          format: 'folder',
          folder: path,
          files: base.files.map(({ path: file, text }) => ({ file, text })),
        });
  return parsed.ok ? parsed.value : null;
}

/** A workspace that took the base's list as it is. */
function asLive(desired: readonly Desired[]): Live {
  const resources: LiveResource[] = [];
  const tokens: LiveToken[] = [];
  const jwts = new Map<string, LiveJwt>();
  for (const { key, resource, tenant } of desired) {
    if (resource.kind !== 'token') {
      resources.push({
        key,
        id: key,
        name: resource.name,
        datafile: resource,
        rows: null,
        unfaithful: null,
        updatedAt: '',
      });
    } else if (resource.via === 'jwt') {
      jwts.set(resource.name, {
        tenant: tenant ?? '',
        claims: claimsHash(resource),
        expires: Number.MAX_SAFE_INTEGER,
      });
    } else {
      const scopes = resource.scopes.map((scope) => ({
        type: scope.type,
        resource: scope.resource,
        filter: scope.filter ?? null,
      }));
      tokens.push({ id: key, name: resource.name, description: '', value: null, origin: null, scopes });
    }
  }
  return { resources, tokens, jwts };
}
