// Service data sources: what `tinybird.…` names in /v0/sql, and nowhere else.
import { quoteTable } from '../engine/quoting.ts';
import {
  createServiceTable,
  dropServiceTable,
  newServiceTable,
  type ServiceRows,
} from '../engine/service-tables.ts';
import type { Caller } from './request.ts';

/** By name, e.g. `tinybird.pipe_stats_rt`; the rows as they are when a query asks. */
export type Services = ReadonlyMap<string, ServiceRows>;

export interface ServiceTables {
  readonly has: (name: string) => boolean;
  /** The table of one, made at its first mention; null when it is not open to the caller. */
  readonly tableOf: (name: string) => Promise<string | null>;
  readonly drop: () => Promise<void>;
}

/** The tables of one query. */
export function serviceTables({ engine, access }: Caller, services: Services): ServiceTables {
  const made = new Map<string, string>();
  return {
    has: (name) => services.has(name),
    tableOf: async (name) => {
      const service = services.get(name);
      if (service === undefined || access.kind !== 'admin') return null;
      const table = made.get(name) ?? newServiceTable();
      if (!made.has(name)) {
        made.set(name, table);
        await createServiceTable(engine, table, service);
      }
      return quoteTable(table);
    },
    drop: async () => {
      for (const table of made.values()) await dropServiceTable(engine, table);
    },
  };
}
