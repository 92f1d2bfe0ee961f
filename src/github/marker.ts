// The hidden first line by which we find our own comment again, and what it says about the plan.
import * as z from 'zod';
import type { Digest } from '../plan/digest.ts';

/** One comment per workspace and tenants path. */
export interface CommentKey {
  /** Its id; empty when it was not asked. */
  readonly workspace: string;
  /** Path of the list, as given. */
  readonly tenants: string;
}

const PHASES = ['planned', 'applying', 'applied', 'failed'] as const;
/** What has become of the plan in the comment. */
export type Phase = (typeof PHASES)[number];

export interface Marker extends CommentKey {
  readonly phase: Phase;
  /** Of the plan that was reviewed, in every phase. */
  readonly digest: Digest;
}

const MarkerSchema = z.strictObject({
  workspace: z.string(),
  tenants: z.string(),
  checksum: z.string(),
  // Comments of version 0.1 have no more than that.
  phase: z.enum(PHASES).default('planned'),
  parts: z
    .array(z.tuple([z.string(), z.string()]))
    .nullable()
    .default(null),
  risks: z.array(z.string()).nullable().default(null),
});
const LINE = /^<!-- tinybird-tenants (\{.*\}) -->$/;

/** The marker as an HTML comment on one line. No value can end it early: `<`, `>`, `-` and line breaks are escaped. */
export function writeMarker({ workspace, tenants, phase, digest }: Marker): string {
  const { checksum, parts, risks } = digest;
  const said: z.input<typeof MarkerSchema> = {
    workspace,
    tenants,
    checksum,
    phase,
    parts: parts === null ? null : [...parts],
    risks: risks === null ? null : [...risks].sort(),
  };
  return `<!-- tinybird-tenants ${JSON.stringify(said).replaceAll(/[<>\-\u2028\u2029]/g, escaped)} -->`;
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Reads the first line of a body only: what stands further down may be a quotation. */
export function readMarker(body: string): Marker | null {
  const [line = ''] = body.split(/\r?\n/, 1);
  const json = LINE.exec(line)?.[1];
  if (json === undefined) return null;
  try {
    const parsed = MarkerSchema.safeParse(JSON.parse(json));
    return parsed.success ? markerOf(parsed.data) : null;
  } catch {
    return null;
  }
}

const markerOf = ({ checksum, parts, risks, ...rest }: z.output<typeof MarkerSchema>): Marker => ({
  ...rest,
  digest: {
    checksum,
    parts: parts === null ? null : new Map(parts),
    risks: risks === null ? null : new Set(risks),
  },
});

export const sameComment = (a: CommentKey, b: CommentKey): boolean =>
  a.workspace === b.workspace && a.tenants === b.tenants;
