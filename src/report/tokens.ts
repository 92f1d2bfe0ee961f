// Tokens of tenants for a terminal and as JSON; no values.
import { assertNever } from '../errors.ts';
import { plural } from '../numbers.ts';
import { slotTime } from '../rotation/slots.ts';
import type { Opening, Stored, TokenEntry } from '../token-inventory.ts';

const HEADINGS = ['TENANT', 'ROLE', 'KIND', 'ID', 'MADE', 'VALUE', 'OPENS'] as const;

/** One line a token, below headings. */
export function tokenTable(entries: readonly TokenEntry[]): string {
  const rows = [HEADINGS, ...entries.map(rowOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

const rowOf = (entry: TokenEntry): readonly string[] => [
  entry.tenant,
  entry.role,
  KINDS[entry.via],
  entry.id ?? '-',
  ageOf(entry),
  storedText(entry.stored),
  shortScopes(entry.scopes),
];

/** Everything about one. */
export function tokenDetails(entry: TokenEntry): string {
  const facts: readonly (readonly [name: string, text: string])[] = [
    ['name', entry.name],
    ['kind', KINDS[entry.via]],
    ['id', entry.id ?? '-'],
    ['made', ageOf(entry)],
    ...(entry.ttl === null ? [] : [['lives', plural(entry.ttl, 'second')] as const]),
    ...(entry.rps === null ? [] : [['limit', `${plural(entry.rps, 'request')} a second`] as const]),
    ['value', storedText(entry.stored)],
    ...entry.scopes.map((scope, nth) => [nth === 0 ? 'opens' : '', scopeText(scope)] as const),
  ];
  return `${entry.tenant}/${entry.role}\n${facts.map(([name, text]) => `  ${name.padEnd(6)}  ${text}\n`).join('')}`;
}

const KINDS = { static: 'static', jwt: 'JWT' } as const;

/** The API says of no token when it was made; one that followed another has it in its name. */
function ageOf({ presence, name }: TokenEntry): string {
  const since = slotTime(name) === 0 ? '-' : timeText(slotTime(name));
  switch (presence) {
    case 'there':
    case 'unlisted':
      return since;
    case 'retiring':
      return since === '-' ? 'retiring' : `${since}, retiring`;
    case 'absent':
      return 'not there yet';
    case 'left-over':
      return 'not gone yet';
    default:
      return assertNever(presence);
  }
}

function storedText(stored: Stored | null): string {
  if (stored === null) return '-';
  const { secret, found } = stored;
  if (found === null) return `secret ${secret} (if stored)`;
  if (!found.present) return `not stored: no secret ${secret} (${found.place})`;
  const until = found.expires === null ? '' : ` until ${timeText(found.expires)}`;
  return `secret ${secret} (${found.place})${until}`;
}

/** `2026-11-23T09:15:00Z` */
const timeText = (unixSeconds: number): string =>
  new Date(unixSeconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');

/** `PIPES:READ acme_usage, acme_errors; DATASOURCES:READ events (tenant_id = 'acme')` */
function shortScopes(scopes: readonly Opening[]): string {
  const byType = Map.groupBy(scopes, ({ type }) => type);
  return [...byType]
    .map(([type, same]) => [type, same.map(openedText).filter(Boolean).join(', ')].filter(Boolean).join(' '))
    .join('; ');
}

const scopeText = (scope: Opening): string => [scope.type, openedText(scope)].filter(Boolean).join(' ');

/** The resource with what narrows it; empty for a scope without resource. */
function openedText({ resource, filter, fixedParams = {} }: Opening): string {
  const params = Object.entries(fixedParams).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  const narrowed = [...(filter === null ? [] : [filter.replace(/\s+/g, ' ')]), ...params].join(', ');
  return (resource ?? '') + (narrowed === '' ? '' : ` (${narrowed})`);
}

/** `exists` is null for a JWT, which no workspace lists; `stored.present` is null where GitHub was not asked. */
export const tokenJson = (entry: TokenEntry) => ({
  tenant: entry.tenant,
  role: entry.role,
  name: entry.name,
  kind: entry.via,
  id: entry.id,
  exists: entry.presence === 'unlisted' ? null : entry.presence !== 'absent',
  retiring: entry.presence === 'retiring',
  createdAt: slotTime(entry.name) === 0 ? null : timeText(slotTime(entry.name)),
  ttlSeconds: entry.ttl,
  requestsPerSecond: entry.rps,
  scopes: entry.scopes.map(({ type, resource, filter, fixedParams }) => ({
    type,
    resource,
    ...(filter === null ? {} : { filter }),
    ...(fixedParams === undefined ? {} : { fixed_params: fixedParams }),
  })),
  stored: entry.stored === null ? null : storedJson(entry.stored),
});

const storedJson = ({ secret, found }: Stored) => ({
  secret,
  place: found?.place ?? null,
  present: found?.present ?? null,
  expiresAt: typeof found?.expires === 'number' ? timeText(found.expires) : null,
});
