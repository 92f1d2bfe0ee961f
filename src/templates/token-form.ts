// The form of a token template: its YAML, and what Tinybird would do wrong with it.
import * as z from 'zod';
import type { Position } from './scan.ts';
import type { Checked } from './yaml.ts';

const SCOPE_TYPES = ['PIPES:READ', 'DATASOURCES:READ', 'DATASOURCES:APPEND'] as const;
const SHORT_SCOPE = /^(\S+)\s+(\S.*)$/s;

const paramName = z.string().regex(/^(?!__)[A-Za-z_]\w*$/, 'a parameter is named with letters, digits and _');
const scopeForm = z.strictObject({
  type: z.enum(SCOPE_TYPES),
  resource: z.string(),
  filter: z.string().optional(),
  fixed_params: z.record(paramName, z.union([z.string(), z.number(), z.boolean()])).optional(),
  generation: z.enum(['classic', 'forward']).optional(),
});
const shortScope = z.preprocess((value) => {
  const [, type, resource] = (typeof value === 'string' && SHORT_SCOPE.exec(value)) || [];
  return type === undefined ? value : { type, resource };
}, scopeForm);
/** A token template, as YAML. */
export const tokenForm = z.strictObject({
  kind: z.enum(['static', 'jwt']),
  scopes: z.array(shortScope).min(1, 'a token needs a scope'),
  ttl: z.string().optional(),
  limits: z.strictObject({ rps: z.union([z.number(), z.string()]) }).optional(),
});
export type TokenForm = z.infer<typeof tokenForm>;
export type ScopeForm = z.infer<typeof scopeForm>;

/** What Tinybird would refuse or, worse, ignore. */
export function misuse({ value: form, at }: Checked<TokenForm>): (Position & { message: string })[] {
  const found: (Position & { message: string })[] = [];
  const refuse = (path: readonly PropertyKey[], message: string) => found.push({ ...at(path), message });
  if (form.kind === 'static' && form.ttl !== undefined) refuse(['ttl'], 'ttl needs `kind: jwt`');
  if (form.kind === 'static' && form.limits !== undefined) refuse(['limits'], 'limits need `kind: jwt`');
  form.scopes.forEach((scope, index) => {
    const path = ['scopes', index];
    if (form.kind === 'static' && scope.fixed_params !== undefined)
      refuse(path, 'fixed_params need `kind: jwt`');
    if (form.kind === 'jwt' && scope.type === 'DATASOURCES:APPEND') refuse(path, 'a JWT can only read');
    if (scope.generation === 'classic' && scope.fixed_params !== undefined)
      refuse(path, 'a Classic token cannot fix parameters: a filter on what the pipe reads holds there too');
    if (scope.type !== 'PIPES:READ' && scope.fixed_params !== undefined)
      refuse(path, 'fixed_params need PIPES:READ');
    if (scope.type !== 'DATASOURCES:READ' && scope.filter !== undefined)
      refuse(path, 'a filter needs DATASOURCES:READ');
  });
  return found;
}
