// Refuses updates that lose rows, unless somebody has agreed to it: what is lost, how to keep it, and the line that allows it.

import { Stop } from '../errors.ts';
import type { Change, Desired, Fleet, Live, Plan } from '../model.ts';
import { plural } from '../numbers.ts';
import { allowanceOf, lineFor, sample } from './guard-words.ts';
import { type Loss, lossesOf } from './losses.ts';
import { changesIn } from './steps.ts';

interface Guarded {
  readonly plan: Plan;
  readonly live: Live;
}
interface Losing extends Loss {
  readonly change: Change;
  readonly after: Desired;
}

const LINES_SHOWN = 20;

export function losses(guarded: Guarded, fleet: Fleet, today: string): Stop | null {
  const refused = losing(guarded).filter(
    ({ after }) => allowanceOf(after, 'loses-data', today)?.holds !== true,
  );
  if (refused.length === 0) return null;
  const lines = refused.slice(0, LINES_SHOWN).map((one) => `  ${lineOf(one, today)}`);
  if (refused.length > LINES_SHOWN)
    lines.push(`  … and ${plural(refused.length - LINES_SHOWN, 'more change')}`);
  const keep = refused.some(({ isMadeAnew }) => isMadeAnew) ? `${KEEP}\n` : '';
  return new Stop(
    'loses-data',
    `${plural(refused.length, 'change')} would lose rows, and nobody has agreed to that:\n${lines.join('\n')}\nNothing was sent. ${keep}If the rows may go, write ${places(refused, fleet)}:\n  ${lineFor('loses-data', today)}`,
  );
}

const KEEP =
  'To keep the rows, give what changes a new role, so that it stands beside the old one; on Forward a FORWARD_QUERY in the data source carries them over.';

function lineOf({ change, after, rows, why }: Losing, today: string): string {
  const held = rows === null ? '' : ` (${plural(rows, 'row')})`;
  const ended = allowanceOf(after, 'loses-data', today);
  const end = ended === null ? '' : `; what allowed it ended on ${ended.allowance.until}`;
  return `${after.tenant ?? 'project'}: ${change.key}${held}: ${why}${end}`;
}

const PLACES_SHOWN = 3;

/** Where to write the line: on the tenants' lines, in their sets, or at the top of the list for the project. */
function places(refused: readonly Losing[], fleet: Fleet): string {
  const lines = new Map(fleet.tenants.map(({ id, at }) => [id, at]));
  const tenants = new Set(refused.flatMap(({ after }) => after.tenant ?? []));
  const sets = new Set(refused.flatMap(({ after }) => after.set ?? []));
  const found: string[] = [];
  const writable = [...tenants].flatMap((id) => {
    const at = lines.get(id);
    return at === undefined || at.file.toLowerCase().endsWith('.csv')
      ? []
      : [`${at.file}:${at.line} (${id})`];
  });
  if (writable.length > 0 && writable.length <= PLACES_SHOWN) found.push(`at ${writable.join(' and ')}`);
  if (sets.size > 0)
    found.push(
      `${found.length > 0 ? 'or for all tenants of the set ' : ''}into set.yaml of ${sample([...sets])}`,
    );
  if (refused.some(({ after }) => after.tenant === null)) {
    found.push(`${found.length > 0 ? 'and ' : ''}for the project at the top level of the list`);
  }
  return found.join(', ');
}

/** Of each reason one sentence, with who it is for. */
export function lossNotes({ plan }: Guarded, today: string): string[] {
  const allowed = changesIn(plan).flatMap((change) => {
    if (change.action === 'delete' || !change.hazards.includes('loses-data')) return [];
    const found = allowanceOf(change.after, 'loses-data', today);
    return found?.holds === true ? [{ who: change.after.tenant ?? 'the project', ...found.allowance }] : [];
  });
  return [...Map.groupBy(allowed, ({ until, reason }) => `until ${until}: ${reason}`)].map(
    ([said, who]) =>
      `rows may be lost of ${sample([...new Set(who.map((one) => one.who))])}, as allowed ${said}`,
  );
}

function losing({ plan, live }: Guarded): Losing[] {
  const changes = changesIn(plan);
  // The plan has said already which lose; only then are the reasons worth the work.
  if (!changes.some(({ action, hazards }) => action !== 'delete' && hazards.includes('loses-data')))
    return [];
  const found = lossesOf(changes, live);
  const seen = new Set<string>();
  return changes.flatMap((change) => {
    const loss = found.get(change.key);
    if (loss === undefined || change.action === 'delete') return [];
    // A table and the view that fills it may both change; the rows go once.
    const id = `${loss.table} ${change.after.tenant}`;
    if (seen.has(id)) return [];
    seen.add(id);
    return [{ ...loss, change, after: change.after }];
  });
}
