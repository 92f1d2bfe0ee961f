// The hidden first line by which we find our own comment again, and what it says about the plan.
import * as z from 'zod';

/** One comment per workspace and tenants path. */
export interface CommentKey {
  readonly workspace: string;
  /** Path of the list, as given. */
  readonly tenants: string;
}

export interface Marker extends CommentKey {
  /** Checksum of the plan that the comment shows; null when it shows none. */
  readonly checksum: string | null;
}

const MarkerSchema = z.strictObject({
  workspace: z.string(),
  tenants: z.string(),
  checksum: z.string().nullable(),
});
const LINE = /^<!-- tinybird-tenants (\{.*\}) -->$/;

/** The marker as an HTML comment on one line. No value can end it early: `<`, `>`, `-` and line breaks are escaped. */
export function writeMarker({ workspace, tenants, checksum }: Marker): string {
  const json = JSON.stringify({ workspace, tenants, checksum }).replaceAll(/[<>\-\u2028\u2029]/g, escaped);
  return `<!-- tinybird-tenants ${json} -->`;
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Reads the first line of a body only: what stands further down may be a quotation. */
export function readMarker(body: string): Marker | null {
  const [line = ''] = body.split(/\r?\n/, 1);
  const json = LINE.exec(line)?.[1];
  if (json === undefined) return null;
  try {
    const parsed = MarkerSchema.safeParse(JSON.parse(json));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

export const sameComment = (a: CommentKey, b: CommentKey): boolean =>
  a.workspace === b.workspace && a.tenants === b.tenants;
