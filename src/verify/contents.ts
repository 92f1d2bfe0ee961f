// What lies in each tenant's own data sources, as the administrator finds it: rows of others there are read by whoever reads them.
import * as z from 'zod';
import type { Datasource } from '../datafile/types.ts';
import { ask, each, isAnswered, pathOf, type Question } from './ask.ts';
import type { Evidence } from './columns.ts';
import { tenantColumns } from './columns.ts';
import type { Filler } from './fill.ts';
import type { Findings } from './findings.ts';
import type { File } from './ground.ts';
import { ADMINISTRATOR } from './proof.ts';

const Rows = z.object({ data: z.array(z.record(z.string(), z.unknown())) });

/** Needs no token of a tenant: a table may hold what no endpoint shows yet. */
export async function lookInside(filler: Filler, evidence: Evidence, findings: Findings): Promise<void> {
  const own = [...filler.ground.datasources.values()].filter(({ tenant }) => tenant !== null);
  await each(own, (file) => lookInto(filler, file, { evidence, findings }));
}

interface Looking {
  readonly evidence: Evidence;
  readonly findings: Findings;
}

async function lookInto(
  filler: Filler,
  file: File<Datasource>,
  { evidence, findings }: Looking,
): Promise<void> {
  const { tenant, datafile } = file;
  if (tenant === null) return;
  for (const { name, valuesOf, weak } of tenantColumns(datafile, evidence)) {
    if (weak) continue;
    const sql = `SELECT DISTINCT toString(${name}) AS whose FROM ${datafile.name} FORMAT JSON`;
    const question: Question = {
      resource: datafile.name,
      owner: tenant.id,
      wants: 'rows',
      method: 'GET',
      path: pathOf('/v0/sql', [['q', sql]]),
    };
    const answer = await ask(filler, filler.admin, question);
    const rows = isAnswered(answer) ? Rows.parse(JSON.parse(answer.text)).data : [];
    const own = new Set(valuesOf(tenant));
    const foreign = rows.map(({ whose }) => String(whose)).filter((value) => !own.has(value));
    if (foreign.length === 0) continue;
    const of = filler.ground.tenants.filter((other) =>
      valuesOf(other).some((value) => foreign.includes(value)),
    );
    const why = `rows in it name others in their column ${name}`;
    const held = { tenant, role: ADMINISTRATOR };
    findings.leak(
      { held, question },
      { kind: 'rows', of: of.length > 0 ? of.map(({ id }) => id) : ['?'], why },
    );
  }
}
