// Fifty customers, and fifty thousand things they did.
const NAMES =
  `acme umbrella hooli stark wayne globex soylent tyrell cyberdyne wonka duff oscorp vandelay pied_piper
dunder sterling prestige gringotts monarch virtucon aperture massive buynlarge oceanic bluth paper_street gekko nakatomi
weyland omni zorin rekall spacely cogswell slate kwik_e burns strickland planet_express momcorp ollivander honeydukes
zonko flourish borgin tricell shinra abstergo vault_tec initrode`.split(/\s+/);

export interface DemoTenant {
  readonly id: string;
  readonly set: 'own-table' | 'own-endpoints' | 'own-token';
  readonly eventTypes: readonly string[] | null;
  readonly state?: 'removed';
}

export const EVENT_TYPES = ['login', 'search', 'purchase', 'refund'] as const;

/** 12 with tables of their own, 28 with endpoints, 10 with a token only. */
export const FIFTY: readonly DemoTenant[] = NAMES.map((id, i) => {
  const set = i % 5 === 4 ? 'own-token' : i % 4 === 0 ? 'own-table' : 'own-endpoints';
  return { id, set, eventTypes: set === 'own-endpoints' ? EVENT_TYPES.slice(0, 2 + (i % 3)) : null };
});

export function listOf(tenants: readonly DemoTenant[]): string {
  const lines = [
    '# Every customer. Edit, open a pull request, read the comment, merge.',
    'fleet: usage',
    'tenants:',
  ];
  for (const { id, set, eventTypes, state } of tenants) {
    lines.push(`  - id: ${id}`, `    template: ${set}`);
    if (eventTypes !== null) lines.push(`    vars: { event_types: [${eventTypes.join(', ')}] }`);
    if (state !== undefined) lines.push(`    state: ${state}`);
  }
  return `${lines.join('\n')}\n`;
}

/** NDJSON in batches: uneven shares, the last 60 days, some failures; the same every time but for the dates. */
export function* events(tenants: readonly DemoTenant[], total: number, batch: number): Generator<string> {
  const now = Date.now();
  let state = 42;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  let lines: string[] = [];
  for (let n = 0; n < total; n += 1) {
    const tenant = tenants[Math.floor(random() ** 2 * tenants.length)]?.id ?? '';
    lines.push(
      JSON.stringify({
        tenant_id: tenant,
        event_type: EVENT_TYPES[Math.floor(random() * EVENT_TYPES.length)],
        response: random() < 0.03 ? 500 : 200,
        timestamp: new Date(now - random() * 60 * 86_400_000).toISOString(),
      }),
    );
    if (lines.length === batch || n === total - 1) {
      yield `${lines.join('\n')}\n`;
      lines = [];
    }
  }
}
