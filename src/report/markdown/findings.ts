// What lint found: a few in full, the others folded.
import { plural } from '../../numbers.ts';
import { certainFirst, placeOf, reasonOf, whoseOf } from '../findings.ts';
import type { Report } from '../report.ts';
import type { Section } from './fit.ts';
import { code, inert, shorten } from './inert.ts';

const FEW = 3;

export function findings(report: Pick<Report, 'findings'>, where: string): readonly Section[] {
  if (report.findings.length === 0) return [];
  const lines = certainFirst(report.findings).map((finding) => {
    const whose = whoseOf(finding);
    const who = whose === '' ? '' : ` (${inert(whose)})`;
    return [
      `- ${finding.level === 'unsure' ? '❔' : '⚠️'} ${code(placeOf(finding))} ${inert(shorten(reasonOf(finding)))}${who}`,
    ];
  });
  const rest = (left: number) => [`- … and ${plural(left, 'finding')} more: ${where}`, ''];
  const folded = lines.slice(FEW);
  const first: Section = { head: [], blocks: lines.slice(0, FEW), foot: [''], rest };
  if (folded.length === 0) return [first];
  const head = [`<details><summary>${plural(folded.length, 'more finding')}</summary>`, ''];
  return [first, { head, blocks: folded, foot: ['', '</details>', ''], rest }];
}
