// The connections of an engine: how many of each kind, and what each kind may do.
import { type Connection, createPool, openConnection, type Pool } from './connection.ts';
import type { Native } from './native.ts';

// Tinybird takes types and TTLs that ClickHouse merely advises against.
const TRUSTED = [
  'USE data',
  'SET allow_suspicious_low_cardinality_types = 1, allow_suspicious_ttl_expressions = 1, allow_suspicious_indices = 1',
];
// `readonly = 2` after the rest: from then on the session itself refuses writes.
const TENANT = ['SET ROLE tenant_role', 'USE data', 'SET readonly = 2'];

export interface Pools {
  readonly admin: Pool;
  readonly trusted: Pool;
  readonly tenants: Pool;
  /** Parses and describes what someone sent, so with the rights of a tenant. */
  readonly guard: Pool;
  readonly control: Pool;
}

export async function openPools(native: Native): Promise<Pools> {
  const pool = async (size: number, prepare: readonly string[]): Promise<Pool> => {
    const connections: Connection[] = [];
    for (let i = 0; i < size; i += 1)
      connections.push(await openConnection(() => native.openSession(), prepare));
    return createPool(connections);
  };
  const first = await openConnection(() => native.openSession(), []);
  await first.run('CREATE DATABASE IF NOT EXISTS data');
  first.close();
  // Fourteen in all: fewer than the sixteen threads, so that files can always be read.
  return {
    admin: await pool(1, TRUSTED),
    trusted: await pool(5, TRUSTED),
    tenants: await pool(5, TENANT),
    guard: await pool(2, TENANT),
    control: await pool(1, TRUSTED),
  };
}
