// Adopting never costs rows: what is taken over keeps what it holds, or is a conflict that says how much would be lost.

import type { Datasource } from '../datafile/types.ts';
import { type Change, nameOf } from '../model.ts';
import { plural } from '../numbers.ts';
import type { Fact, Verdict } from './files.ts';
import { viewOf } from './views.ts';

type Facts = ReadonlyMap<string, Fact>;

/**
 * The same verdicts, with a conflict in the place of every adoption that would replace rows, and what is to be adopted
 * only where it may be. `facts`: by name.
 */
export function keepRows(verdicts: readonly Verdict[], facts: Facts): Verdict[] {
  const fillers = new Map<string, string>();
  for (const verdict of verdicts) {
    const change = changeOf(verdict);
    const target = change !== undefined && fillsAnew(change) ? targetOf(change) : undefined;
    if (change !== undefined && target !== undefined) fillers.set(target, nameOf(change.key));
  }
  return verdicts.map((verdict) => {
    const change = changeOf(verdict);
    const loss = change === undefined ? null : lossOf(change, facts, fillers);
    if (change === undefined || loss === null) return verdict;
    const { key, tenant } = change;
    const before =
      verdict.kind === 'conflict' ? `${verdict.conflict.why}. \`adopt\` would not take it: ` : '';
    return { kind: 'conflict', conflict: { key, tenant, why: before + loss } };
  });
}

function changeOf(verdict: Verdict): Change | undefined {
  if (verdict.kind === 'conflict') return verdict.conflict.adopting;
  return verdict.kind === 'change' ? verdict.change : undefined;
}

function lossOf(change: Change, facts: Facts, fillers: ReadonlyMap<string, string>): string | null {
  const fact = facts.get(nameOf(change.key));
  if (change.action !== 'update' || change.tenant === null || fact?.owner.kind !== 'unmarked') return null;
  const { resource } = change.after;
  const { datafile, rows } = fact.resource;
  if (resource.kind === 'datasource' && rows !== 0) {
    const filler = skipsHistory(resource) ? undefined : fillers.get(resource.name);
    if (change.hazards.includes('loses-data')) {
      return `it holds ${held(rows)}, and it cannot get what the list wants with them (${change.fields.filter(isOfRows).join(', ')}). ${WAY}`;
    }
    if (filler === undefined) return null;
    return `it holds ${held(rows)}, and ${filler}, which is new or changes, would fill it anew from history. ${WAY}`;
  }
  const target = datafile.kind === 'pipe' ? viewOf(datafile)?.target : undefined;
  const there = facts.get(target ?? '')?.resource.rows ?? 0;
  if (target === undefined || there === 0 || !fillsAnew(change)) return null;
  return `it fills ${target}, which holds ${held(there)} and would be filled anew (${change.fields.join(', ')}). ${WAY}`;
}

/** What says how rows are stored. */
const isOfRows = (field: string): boolean => field !== 'description' && field !== 'tokens';

const WAY =
  'Adopting keeps every row: make the set fit what is there (a set that `extends` this one), or give the role another name and move the rows yourself';

// What a view is made of: when this changes, its table is computed again.
const BODY = new Set(['sql', 'nodes', 'target', 'type']);

function fillsAnew(change: Change): boolean {
  if (change.action === 'delete') return false;
  return change.action !== 'update' || change.fields.some((field) => BODY.has(field));
}

function targetOf(change: Change): string | undefined {
  if (change.action === 'delete' || change.after.resource.kind !== 'pipe') return undefined;
  return viewOf(change.after.resource)?.target;
}

const skipsHistory = ({ settings }: Datasource): boolean =>
  settings.some(({ command, value }) => command === 'BACKFILL' && /^skip$/i.test(value));

const held = (rows: number | null): string =>
  rows === null ? 'rows, nobody says how many' : plural(rows, 'row');
