// The first and the last lines of the comment: what is the matter, how much of it, and where it comes from.
import { plural } from '../../numbers.ts';
import { hasFailed, type Report } from '../report.ts';
import { secretsDueWords } from '../secrets.ts';
import { totals, untouched } from '../words.ts';
import { code, inert, quoted, shorten } from './inert.ts';

export interface Links {
  /** Page of this run, or null outside GitHub. */
  readonly run: string | null;
  readonly base: string | null;
  readonly head: string | null;
}

export type Phase =
  | 'idle'
  | 'planned'
  | 'stopped'
  | 'applying'
  | 'applied'
  | 'renewed'
  | 'rotated'
  | 'verified'
  | 'drifted'
  | 'failed';

const SIGNS: Readonly<Record<Phase, string>> = {
  idle: '✅ Tinybird tenants · nothing to do',
  planned: '📋 Tinybird tenants · planned',
  stopped: '⛔ Tinybird tenants · stopped',
  applying: '⏳ Tinybird tenants · applying',
  applied: '✅ Tinybird tenants · applied',
  renewed: '✅ Tinybird tenants · renewed',
  rotated: '✅ Tinybird tenants · rotated',
  verified: '✅ Tinybird tenants · isolation verified',
  drifted: '⚠️ Tinybird tenants · drift',
  failed: '❌ Tinybird tenants · failed',
};

function phaseOf(report: Report): Phase {
  const done = report.outcomes.some(({ result }) => result === 'applied');
  if (report.stop !== null) return done ? 'failed' : 'stopped';
  if (hasFailed(report)) return 'failed';
  // A schedule leaves it where it is, and says what an apply would do.
  if (report.mode === 'renew' && report.drift) return 'drifted';
  if (report.mode === 'verify') return 'verified';
  if (report.plan.steps.length === 0 && report.secrets.due === 0) return 'idle';
  if (report.mode === 'plan') return 'planned';
  return ({ apply: 'applied', renew: 'renewed', rotate: 'rotated' } as const)[report.mode];
}

export function headline(
  phase: Phase,
  { fleet, workspace }: { fleet: string; workspace: string | null },
): string {
  const where = workspace === null ? 'workspace not asked' : `workspace ${code(workspace)}`;
  return `### ${SIGNS[phase]} · fleet ${code(fleet)} · ${where}`;
}

/** Headline, why it stopped, and one line of totals. */
export function head(report: Report, links: Links): string[] {
  const phase = phaseOf(report);
  const workspace = report.workspace?.name ?? null;
  const rest = untouched(report);
  return [
    headline(phase, { fleet: report.fleet, workspace }),
    '',
    ...(report.stop === null ? [] : [`> **${report.stop.name}**`, '>', ...reason(report.stop.message), '']),
    ...(phase === 'failed' ? [...remedy(report, links), ''] : []),
    `**${totals(report)}**${rest === '' ? '' : ` · ${rest}`}`,
    '',
  ];
}

const LINES_SHOWN = 20;

/** Bounded: a refusal may name a thousand resources. */
export function reason(message: string): string[] {
  const lines = message.split('\n').map((line) => (line.length > MOST_IN_A_LINE ? shorten(line) : line));
  const shown = lines.slice(0, LINES_SHOWN);
  // The way out stands in the last line.
  const last =
    lines.length > LINES_SHOWN
      ? [`  … and ${lines.length - LINES_SHOWN - 1} more lines, which are in the log`, ...lines.slice(-1)]
      : [];
  return quoted([...shown, ...last].join('\n'));
}
const MOST_IN_A_LINE = 1_000;

/** What to do after some of it is done and some is not. */
function remedy({ secrets }: Report, { run }: Links): string[] {
  const again = run === null ? 'run it again' : `[run it again](${run})`;
  const stored = secrets.failed.length > 0 ? ' Tokens that exist already get their secrets then.' : '';
  return [`What is done stays done. Once the cause below is gone, ${again}.${stored}`];
}

export function foot(report: Report, links: Links): string[] {
  const { base, head: at, run } = links;
  const range =
    at === null ? [] : [`${base === null ? '' : `${code(base.slice(0, 7))} → `}${code(at.slice(0, 7))}`];
  const secrets = report.mode === 'plan' ? secretsToCome(report.secrets) : secretsDone(report.secrets);
  const facts = [
    `plan ${code(report.plan.checksum)}`,
    ...secrets,
    ...range,
    ...(run === null ? [] : [`[run](${run})`]),
  ];
  return [`<sub>${facts.join(' · ')}</sub>`];
}

function secretsToCome(secrets: Report['secrets']): string[] {
  if (secrets.due === 0) return [];
  const { what, why } = secretsDueWords(secrets);
  return [`${what} due${why === '' ? '' : ` (${inert(why)})`}`];
}

const secretsDone = ({ written, deleted }: Report['secrets']): string[] =>
  [[written, 'written'] as const, [deleted, 'deleted'] as const].flatMap(([{ length }, what]) =>
    length > 0 ? [`${plural(length, 'secret')} ${what}`] : [],
  );
