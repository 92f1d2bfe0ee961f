// What a plan says about secrets, in words.
import { plural, timeText } from '../numbers.ts';
import type { Report } from './report.ts';

/** `64 secrets, about 1 min 10 s` of writing, and why they are laid out as they are; for a plan. */
export function secretsDueWords({ due, seconds, layout }: Report['secrets']): { what: string; why: string } {
  return {
    // Shorter than that nobody waits for.
    what: plural(due, 'secret') + (seconds < SECONDS_TOLD ? '' : `, about ${timeText(seconds)}`),
    why: layout === null ? '' : `${layout.name}: ${layout.why}`,
  };
}
const SECONDS_TOLD = 5;
