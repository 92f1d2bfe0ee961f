// The one GraphQL query that is answered: who bears this token. REST has no such question for an app's installation.
import * as z from 'zod';
import { type Answer, json } from './answer.ts';
import type { Bearer } from './state.ts';

const Query = z.object({ query: z.string() });

/** Null when the query is any other. */
export function viewer(body: unknown, bearer: Bearer): Answer | null {
  const asked = Query.safeParse(body);
  const text = asked.success ? asked.data.query.replaceAll(/\s+/g, ' ').trim() : '';
  if (!/^(query )?\{ ?viewer ?\{ ?login ?\} ?\}$/.test(text)) return null;
  return json({ data: { viewer: { login: bearer.login } } });
}
