// The form of `allow:`, the same in a list and in a set.yaml: a hazard that somebody has agreed to, why, and for how long.
import * as z from 'zod';
import type { Allowance } from '../model.ts';
import { didYouMean, show } from './show.ts';

const HAZARDS = [
  'loses-data',
  'breaks-readers',
  'widens-access',
  'fan-out',
] as const satisfies readonly Allowance['hazard'][];
const LONGEST_REASON = 300;
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

export const ALLOWANCE_KEYS: readonly string[] = ['hazard', 'reason', 'until'];

interface Given {
  readonly input?: unknown;
}

const hazard = () =>
  z
    .enum(HAZARDS, {
      error: ({ input }: Given) => {
        if (typeof input !== 'string') return `no hazard; there are ${HAZARDS.join(', ')}`;
        return `the hazard ${show(input)} is not ${HAZARDS.join(', ')}${didYouMean(input, HAZARDS)}`;
      },
    })
    .meta({ description: 'What may happen.' });

const reason = () =>
  z
    .string({
      error: ({ input }: Given) => (input === undefined ? NO_REASON : 'the reason has to be text'),
    })
    .refine((text) => text.trim() !== '', { error: 'the reason is empty; every plan shows it' })
    .refine((text) => !INVISIBLE.test(text), { error: 'the reason has to be one line' })
    .max(LONGEST_REASON, { error: `the reason is longer than ${LONGEST_REASON} characters` })
    .meta({ minLength: 1, description: 'Why; every plan shows it.' });
const NO_REASON = 'no reason; every plan shows it';

const until = () =>
  z
    .string({
      error: ({ input }: Given) => (input === undefined ? `no until: ${LAST_DAY}` : LAST_DAY),
    })
    .refine(isDay, { error: ({ input }) => `${show(String(input))} is no day: ${LAST_DAY}` })
    .meta({ pattern: DAY.source, description: 'The last day on which it may, in UTC, like 2026-12-31.' });
const LAST_DAY = 'the last day has to be one of the calendar, like 2026-12-31';

function isDay(text: string): boolean {
  const day = DAY.test(text) ? new Date(`${text}T00:00:00Z`) : null;
  return day !== null && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

/** One who has agreed to a hazard says all three: an allowance without an end is forgotten and stays. */
const list = () =>
  z
    .array(z.strictObject({ hazard: hazard(), reason: reason(), until: until() }, { error: malformed }), {
      error: 'allow has to be a list of `{ hazard, reason, until }`',
    })
    .meta({ description: 'Hazards that this may run into. Without it they are refused.' });

/** Made when somebody has agreed to one: most lists have none. */
export const allowances = z.lazy(list);

function malformed({ code }: { readonly code?: string | undefined }): string | undefined {
  return code === 'invalid_type'
    ? 'an allowance has to be a mapping: `{ hazard, reason, until }`'
    : undefined;
}
