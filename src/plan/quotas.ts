// What a workspace may hold, counted before anything is sent. The limits are documented defaults that may have been raised: notes.

import type { Live, Plan } from '../model.ts';
import { grouped, plural } from '../numbers.ts';
import { afterwards } from './afterwards.ts';
import { changesIn } from './steps.ts';

/** https://www.tinybird.co/docs/forward/pricing/limits */
const DATASOURCES = 100;
const TOKENS = 100_000;

export function quotaNotes({ plan, live }: { readonly plan: Plan; readonly live: Live }): string[] {
  const changes = changesIn(plan);
  const isDatasource = ({ kind }: { readonly kind: string }): boolean => kind === 'datasource';
  const there = [...afterwards(changes, live).values()];
  const datasources = {
    now: live.resources.filter(({ datafile }) => isDatasource(datafile)).length,
    after: there.filter(({ datafile }) => isDatasource(datafile)).length,
  };
  const known = new Set(live.tokens.map(({ name }) => `token/${name}`));
  const added = changes.filter(
    ({ action, key }) => action === 'create' && key.startsWith('token/') && !known.has(key),
  );
  const gone = changes.filter(({ action, key }) => action === 'delete' && known.has(key));
  const tokens = { now: known.size, after: known.size + added.length - gone.length };
  return [...noteOf('data source', datasources, DATASOURCES), ...noteOf('token', tokens, TOKENS)];
}

function noteOf(noun: string, { now, after }: { now: number; after: number }, limit: number): string[] {
  if (after <= limit || after <= now) return [];
  return [
    `the workspace would hold ${plural(after, noun)}, ${grouped(now)} are there now; Tinybird allows ${grouped(limit)} unless it has raised the limit for you`,
  ];
}
