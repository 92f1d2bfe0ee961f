// How long rows are kept: whether they would go earlier than now, in words.
import { engineOption } from '../datafile/engine.ts';
import type { Datasource } from '../datafile/types.ts';
import { isShorter, sameExpression } from './canonical.ts';

/** Why rows that stay now would go, or null. TTLs that cannot be compared count as shorter. */
export function retentionLoss(after: Datasource, before: Datasource): string | null {
  const wanted = ttlOf(after);
  const live = ttlOf(before);
  if (wanted === '') return null;
  if (live === '') {
    // Where a list does not tell how a table is stored, it does not tell that there is no TTL either.
    const isTold = before.engine !== null && before.engine.options.length > 0;
    return isTold ? `it keeps its rows now, and would forget them (TTL ${wanted})` : null;
  }
  if (sameExpression(wanted, live) || !isShorter(wanted, live)) return null;
  const [next, now] = [spanOf(wanted), spanOf(live)];
  return next === null || now === null || next === now
    ? `its TTL is ${live}, and would be ${wanted}, which may be shorter`
    : `it keeps rows for ${now}, and would keep them for ${next}`;
}

/** Whether a table drops rows by itself. */
export const forgets = (datasource: Datasource): boolean => ttlOf(datasource) !== '';

const ttlOf = (datasource: Datasource): string => engineOption(datasource, 'TTL');

const SPAN = /toInterval(\w+)\s*\(\s*(\d+)\s*\)|INTERVAL\s+'?(\d+)'?\s+(\w+)/gi;

/** `90 days`; null when there is not exactly one interval. */
function spanOf(ttl: string): string | null {
  const [one, ...others] = [...ttl.matchAll(SPAN)];
  if (one === undefined || others.length > 0) return null;
  const [, unitOfCall, ofCall, ofInterval, unitOfInterval] = one;
  const count = Number(ofCall ?? ofInterval);
  const unit = (unitOfCall ?? unitOfInterval ?? '').toLowerCase().replace(/s$/, '');
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
