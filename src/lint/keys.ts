// The keys of a shared table: every tenant's reads start with its column, and no partition is one tenant's.
import { engineOption } from '../datafile/engine.ts';
import { type Lexeme, lexemes } from '../datafile/lexemes.ts';
import type { Found } from './finding.ts';
import { sortingKey } from './ground.ts';
import type { Shared } from './relation.ts';
import { outside, symbolOf, unwrapped } from './sql/brackets.ts';
import { TEXTS } from './texts.ts';

export function keyFindings({ name, file, tenantColumns }: Shared): Found[] {
  const [column] = tenantColumns;
  if (file === null || column === undefined || file.datafile.kind === 'pipe') return [];
  // A quarantine has no keys of its own, and other engines have none.
  const { engine } = file.datafile;
  if (file.datafile.name !== name || (engine !== null && !engine.type.endsWith('MergeTree'))) return [];
  const found: Found[] = [];
  const sorting = engineOption(file.datafile, 'SORTING_KEY');
  const key = sortingKey(sorting);
  if (sorting === '') {
    found.push({
      rule: 'sorting-key',
      level: 'unsure',
      ...file.place('ENGINE'),
      ...TEXTS.sorting(name, column, null),
    });
  } else if (!tenantColumns.has(key[0] ?? '')) {
    const place = file.place('ENGINE_SORTING_KEY');
    found.push({ rule: 'sorting-key', level: 'warning', ...place, ...TEXTS.sorting(name, column, key) });
  }
  const partition = partitioned(lexemes(engineOption(file.datafile, 'PARTITION_KEY')), tenantColumns);
  if (partition !== null) {
    const place = file.place('ENGINE_PARTITION_KEY');
    const said = TEXTS.partition(name, column);
    found.push({ rule: 'partition-by-tenant', level: partition, ...place, ...said });
  }
  return found;
}

/** Behind a `%` there are only so many partitions; behind another function, who knows. */
function partitioned(key: readonly Lexeme[], columns: ReadonlySet<string>): 'warning' | 'unsure' | null {
  const isColumn = ({ kind, text }: Lexeme) => (kind === 'word' || kind === 'name') && columns.has(text);
  if (!key.some(isColumn) || key.some(({ text }) => text === '%' || /^modulo/i.test(text))) return null;
  const list = key[0]?.text === 'tuple' ? key.slice(1) : key;
  const parts = unwrapped(list) ?? list;
  return outside(parts).some((at) => {
    const lexeme = parts[at];
    return lexeme !== undefined && isColumn(lexeme) && symbolOf(parts[at + 1]) !== '(';
  })
    ? 'warning'
    : 'unsure';
}
