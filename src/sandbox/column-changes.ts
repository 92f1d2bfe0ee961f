// What ALTER does to tables that two deployments share: columns come when one is created, go when one is removed, the rest changes with the promotion.
import { alterPlan } from './engine/alter.ts';
import type { Engine } from './engine/engine.ts';
import { quoteTable } from './engine/quoting.ts';
import { quarantineOf } from './engine/tables.ts';
import type { Deployment } from './workspace.ts';

export interface ColumnChanges {
  readonly from: Pick<Deployment, 'catalog'>;
  readonly to: Pick<Deployment, 'catalog'>;
  readonly when: 'created' | 'promoted' | 'removed';
}

const BELONGS: Record<ColumnChanges['when'], (statement: string) => boolean> = {
  created: (statement) => statement.startsWith('ADD COLUMN'),
  promoted: (statement) => !/^(?:ADD|DROP) COLUMN/.test(statement),
  removed: (statement) => statement.startsWith('DROP COLUMN'),
};

/** So the rows stay where they are, and either deployment can be live until the other is removed. */
export async function changeColumns(engine: Engine, { from, to, when }: ColumnChanges): Promise<void> {
  for (const [name, after] of to.catalog.datasources) {
    const before = from.catalog.datasources.get(name);
    if (before === undefined || before.file === after.file || before.table !== after.table) continue;
    const plan = alterPlan(before.file, after.file);
    if (plan.kind !== 'alter') continue;
    const alter = async (table: string, statements: readonly string[]): Promise<void> => {
      for (const statement of statements.filter(BELONGS[when])) {
        await engine.admin(`ALTER TABLE ${quoteTable(table)} ${statement}`);
      }
    };
    await alter(after.table, plan.statements);
    await alter(quarantineOf(after.table), plan.quarantine);
  }
}
