// What lint found, in words: in the plan a few of them, for the command `lint` all.
import type { Finding } from '../lint/finding.ts';
import { plural } from '../numbers.ts';

/** `file:line:column`, which editors and terminals make clickable. */
export const placeOf = ({ file, line, column }: Finding): string => `${file}:${line}:${column}`;

/** The rule, the reason and the corrected form. */
export const reasonOf = ({ rule, level, message, instead }: Finding): string =>
  `${rule}${level === 'unsure' ? ' (unsure)' : ''}: ${message}${instead === null ? '' : `. Instead: ${instead}`}`;

/** `12 tenants, such as acme`; empty for what concerns none in particular. */
export function whoseOf({ tenants, example }: Finding): string {
  if (example === null) return '';
  return tenants === 1 ? `tenant ${example}` : `${plural(tenants, 'tenant')}, such as ${example}`;
}

const lineOf = (finding: Finding): string => {
  const whose = whoseOf(finding);
  return `${placeOf(finding)} ${reasonOf(finding)}${whose === '' ? '' : ` (${whose})`}`;
};

/** The certain ones first, at most so many. */
export function findingLines(findings: readonly Finding[], most: number): string[] {
  const lines = certainFirst(findings).slice(0, most).map(lineOf);
  const left = findings.length - lines.length;
  return left === 0 ? lines : [...lines, `… and ${left} more: \`tinybird-tenants lint\` has them all`];
}

export const certainFirst = (findings: readonly Finding[]): Finding[] =>
  findings.toSorted((a, b) => Number(a.level === 'unsure') - Number(b.level === 'unsure'));

/** What the command `lint` prints. */
export function lintText(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'No findings\n';
  const unsure = findings.filter(({ level }) => level === 'unsure').length;
  const total = `${plural(findings.length, 'finding')}${unsure > 0 ? `, ${unsure} of them unsure` : ''}`;
  return `${[...findings.map(lineOf), total].join('\n')}\n`;
}
