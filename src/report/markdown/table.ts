// The table of tenants: who has the same story stands in one row, the worst first.

import { nameOf } from '../../model.ts';
import { plural } from '../../numbers.ts';
import type { Report } from '../report.ts';
import { type Part, type Row, rowsOf } from '../rows.ts';
import { hazardWords, wordsOf } from '../words.ts';
import type { Section } from './fit.ts';
import { cell, code, inert, shorten } from './inert.ts';

/** Names in a row; the details name more. */
const NAMES_SHOWN = 5;
const PARTS_SHOWN = 6;

/** At most so many rows. */
export function table(report: Report, where: string, most = Number.POSITIVE_INFINITY): Section {
  const all = [...projectRows(report), ...rowsOf(report).map((row) => line(rowCells(row)))];
  const blocks = all.slice(0, most).map((row) => [row]);
  const cut = all.length - blocks.length;
  return {
    head: ['| tenant | | set | what |', '|---|---|---|---|'],
    blocks,
    foot: [''],
    rest: (left) => ['', `… and ${plural(left + cut, 'row')} more: ${where}.`, ''],
    ...(cut > 0 ? { foot: ['', `… and ${plural(cut, 'row')} more: ${where}.`, ''] } : {}),
  };
}

const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;

function rowCells(row: Row): string[] {
  const { length } = row.tenants;
  const ids = row.tenants.slice(0, NAMES_SHOWN).map(({ id }) => code(id));
  const named = ids.join(', ') + (length > NAMES_SHOWN ? ', …' : '');
  const who = length === 1 ? named : `${plural(length, 'tenant')}: ${named}`;
  return [who, signed(row), row.set === null ? '' : code(row.set), whatOf(row)];
}

const signed = ({ verb, losesData }: Row): string => {
  if (verb === 'failed') return '❌ failed';
  if (/^(remove|suspend)/.test(verb)) return `**${verb}**`;
  return losesData ? `⚠️ ${verb}` : verb;
};

function whatOf({ parts, hazards, because }: Pick<Row, 'parts' | 'hazards' | 'because'>): string {
  const shown = parts.slice(0, PARTS_SHOWN).map(partOf).join('; ');
  const left = parts.length > PARTS_SHOWN ? `; … ${parts.length - PARTS_SHOWN} more` : '';
  const danger = hazards.length === 0 ? '' : ` — ${dangerous(hazards)}`;
  return shown + left + danger + (because === null ? '' : ` — ${inert(shorten(because))}`);
}

const partOf = ({ name, text }: Part): string =>
  name === null ? inert(shorten(text)) : `${code(name)}: ${inert(shorten(text))}`;

export const dangerous = (hazards: readonly string[]): string =>
  hazards.map((words) => (/^(?:loses|may lose)/.test(words) ? `**${words}**` : words)).join(', ');

/** Files that all tenants share. */
function projectRows({ project, mode, outcomes }: Report): string[] {
  if (project.length === 0) return [];
  const became = new Map(outcomes.map((outcome) => [outcome.key, outcome]));
  const rows = Map.groupBy(project, ({ key }) => {
    const outcome = became.get(key);
    if (mode === 'plan' || outcome === undefined) return 'deploy';
    if (outcome.result === 'applied') return 'deployed';
    return outcome.result === 'failed' ? `❌ failed` : 'not deployed';
  });
  return [...rows].map(([verb, changes]) => {
    const parts = changes.map((change) => ({ name: nameOf(change.key), text: wordsOf(change) }));
    const failed = changes.flatMap(({ key }) => {
      const outcome = became.get(key);
      return outcome?.result === 'failed' ? [outcome.error] : [];
    });
    const what = whatOf({ parts, hazards: hazardWords(changes), because: failed[0] ?? null });
    return line(['_project_', verb, '', what]);
  });
}
