// Runs expanded SQL for a token: filters, limits, output settings, and errors in Tinybird's words.
import type { Engine } from '../engine/engine.ts';
import { guardCondition } from '../engine/guard.ts';
import { queryError, refusalError } from './failure.ts';
import { filteredDatasources } from './permissions.ts';
import type { Caller, QueryOptions } from './request.ts';

/** Tinybird's own: ten seconds a query. The result is limited by rows, which the engine counts before it writes. */
const LIMITS = { seconds: 10, memoryBytes: 1e9, resultRows: 10_000_000 };

const OUTPUT_SETTINGS = [
  'output_format_json_quote_64bit_integers',
  'output_format_json_quote_denormals',
  'output_format_parquet_string_as_string',
];

export async function run(
  caller: Caller & QueryOptions,
  query: { readonly sql: string; readonly format: string },
): Promise<Uint8Array> {
  const { engine, catalog, access, params } = caller;
  const filters = new Map<string, string>();
  for (const [name, conditions] of filteredDatasources(access, catalog)) {
    filters.set(name, await joinConditions(engine, conditions, 'OR'));
  }
  const output = Object.fromEntries(
    OUTPUT_SETTINGS.flatMap((name) =>
      /^[01]$/.test(params.get(name) ?? '') ? [[name, Number(params.get(name))]] : [],
    ),
  );
  try {
    return await engine.tenantQuery({
      database: catalog.database,
      ...query,
      filters,
      limits: LIMITS,
      output,
    });
  } catch (error) {
    throw queryError(error);
  }
}

/** Filters of scopes as one condition. Each is judged alone: together, one could close the brackets of another. */
export async function joinConditions(
  engine: Engine,
  filters: readonly string[],
  operator: 'AND' | 'OR',
): Promise<string> {
  const conditions: string[] = [];
  for (const filter of filters) {
    const guarded = await guardCondition(engine, filter);
    if (!guarded.ok) throw refusalError(guarded.refusal);
    conditions.push(`(${guarded.value})`);
  }
  return conditions.join(` ${operator} `);
}
