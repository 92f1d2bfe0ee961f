// The shape of the list: which keys there are, and what each may hold. The JSON Schema for editors is made from it.
import * as z from 'zod';
import type { State } from '../model.ts';
import { allowances } from './allowances.ts';
import { didYouMean, show } from './show.ts';
import { LONGEST_SLUG, SLUG } from './slug.ts';

const LONGEST_ID = 200;
const LONGEST_NAME = 100;
const STATES = ['active', 'suspended', 'removed'] as const satisfies readonly State[];
/** Control and format characters (line breaks, NUL, right-to-left marks, zero-width ones), lone surrogates, separators. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
/** For editors: `id: 007` is read as the text 007, so a number or a truth value is no mistake. */
const AS_TEXT = { type: ['string', 'number', 'boolean'] };

interface Given {
  readonly code?: string | undefined;
  readonly input?: unknown;
}

const text = (what: string) =>
  z.string({
    error: ({ input }: Given) => (input === undefined ? `no ${what}` : `the ${what} has to be text`),
  });

/** What is wrong with an id, if anything. */
function idFault(id: string): string | null {
  if (id === '') return 'the id is empty';
  if (id.length > LONGEST_ID) return `the id has ${id.length} characters; at most ${LONGEST_ID} are allowed`;
  if (INVISIBLE.test(id)) return 'the id has a line break, a control character or another invisible one';
  if (id !== id.trim()) return 'the id starts or ends with a blank';
  if (id.includes(',')) return 'the id has a comma, which separates ids in the input `tenant`';
  if (id.includes('[tinybird-tenants ')) return 'the id holds the mark of what is ours';
  return null;
}

const id = text('id')
  .superRefine((value, context) => {
    const message = idFault(value);
    if (message !== null) context.addIssue({ code: 'custom', message });
  })
  .meta({
    ...AS_TEXT,
    minLength: 1,
    maxLength: LONGEST_ID,
    pattern: '^[^,]*$',
    description: "The customer's id, as your product knows it. Taken as written: 007 stays 007.",
  });

const slug = text('slug')
  .regex(SLUG, { error: ({ input }) => `the slug ${show(String(input))} is not of the form [a-z][a-z0-9_]*` })
  .max(LONGEST_SLUG, { error: `the slug is longer than ${LONGEST_SLUG} characters` })
  .meta({ description: 'What the names of its resources start with, when the id should not give it.' });

const template = text('template')
  .min(1, { error: 'the template is empty' })
  .max(LONGEST_NAME, { error: `the template is longer than ${LONGEST_NAME} characters` })
  .meta({ ...AS_TEXT, description: 'Name of the template set: what a tenant of this kind gets.' });

const state = z
  .enum(STATES, {
    error: ({ input }: Given) => {
      if (typeof input !== 'string') return 'the state has to be active, suspended or removed';
      return `the state ${show(input)} is not active, suspended or removed${didYouMean(input, STATES)}`;
    },
  })
  .meta({
    default: 'active',
    description:
      'active; suspended: access revoked, data kept; removed: everything of this tenant goes. A line that just disappears removes nothing.',
  });

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const value = z.union([z.string(), z.number(), z.boolean(), z.array(scalar)], {
  error: ({ input }) =>
    input === null
      ? 'a variable without a value; leave the line out, or write "" for an empty text'
      : 'a variable holds text, a number, true or false, or a list of these',
});
const variable = z.string().regex(/^[a-z][a-z0-9_]{0,99}$/);
const vars = z
  .record(variable, value, { error: 'vars has to be a mapping of names to values' })
  .meta({ description: 'Variables of the template set.' });

const FLEET = /^[A-Za-z0-9_-]{1,100}$/;

/** What is wrong with a fleet's name, if anything; it may also come from a file's name. */
export function fleetFault(name: string): string | null {
  if (FLEET.test(name)) return null;
  return `the fleet ${show(name)} has to be 1 to 100 letters, digits, "-" and "_"; it is part of every marker`;
}

const mapping = (what: string) => ({
  error: ({ code }: Given) => (code === 'invalid_type' ? `${what} has to be a mapping` : undefined),
});

export const TENANT = z.strictObject(
  {
    id,
    slug: slug.optional(),
    template: template.optional(),
    vars: vars.optional(),
    state: state.optional(),
    allow: allowances.optional(),
  },
  mapping('a tenant'),
);

/** Enough to compare a tenant with the others, whatever else is wrong with it. */
export const NAMES = z.object({ id, slug: slug.optional() });

/** Everything but the tenants; alone it is the `fleet.yaml` of a folder. */
export const HEAD = z.strictObject(
  {
    fleet: text('fleet')
      .regex(FLEET, { error: ({ input }) => fleetFault(String(input)) ?? '' })
      .meta({
        ...AS_TEXT,
        description: 'Name of this list. Two lists on one workspace never touch each other.',
      })
      .optional(),
    workspace: text('workspace')
      .min(1, { error: 'the workspace is empty; leave the line out to allow any' })
      .max(LONGEST_NAME, { error: `the workspace is longer than ${LONGEST_NAME} characters` })
      .meta({ ...AS_TEXT, description: 'Id or name of the only workspace this list may be applied to.' })
      .optional(),
    defaults: z
      .strictObject({ template: template.optional(), vars: vars.optional() }, mapping('defaults'))
      .meta({ description: 'For every tenant that does not say otherwise.' })
      .optional(),
    allow: allowances
      .meta({ description: 'Hazards that the files of the project may run into, which no tenant has.' })
      .optional(),
  },
  mapping('the list'),
);

/** The list as it is read: its tenants are looked at one by one, so that each problem has its line. */
export const LIST = HEAD.extend({
  tenants: z.array(z.unknown(), { error: 'tenants has to be a list' }).optional(),
});

/** What editors are given as `tenants.schema.json`. */
export function jsonSchema(): Record<string, unknown> {
  const whole = HEAD.required({ fleet: true }).extend({
    tenants: z.array(TENANT).min(1).meta({ description: 'The customers.' }),
  });
  return { title: 'Tenants of one fleet', ...z.toJSONSchema(whole, { io: 'input' }) };
}
