// The variables that a set declares, and a tenant's values checked against them.
import * as z from 'zod';
import { bad, ok, type Problem, type Result } from '../errors.ts';
import type { Tenant, Value } from '../model.ts';
import { show, unfitText } from './places.ts';
import type { HoleType } from './regions.ts';
import { BLOCKS, OUTPUTS } from './scan.ts';

const TYPES = ['string', 'integer', 'number', 'boolean', 'string[]', 'integer[]', 'number[]'] as const;
type VariableType = (typeof TYPES)[number];

export interface Variable {
  readonly type: VariableType;
  readonly default: Value | null;
  readonly required: boolean;
  readonly description: string;
  /** What the tenant may see: never by default, never empty. */
  readonly permission: boolean;
  readonly min: number;
  readonly max: number;
}
export type Variables = ReadonlyMap<string, Variable>;

/** What every template can use beside the set's own variables. */
export const GIVEN = ['id', 'slug'] as const;
const TAKEN: ReadonlySet<string> = new Set([
  ...GIVEN,
  ...OUTPUTS,
  ...BLOCKS,
  'else',
  'this',
  'true',
  'false',
  'null',
]);

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const declaration = z.strictObject({
  type: z.enum(TYPES),
  default: z.union([scalar, z.array(scalar)]).optional(),
  required: z.boolean().optional(),
  description: z.string().optional(),
  permission: z.boolean().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
});

/** The `variables` of a set.yaml. */
export const declarations = z
  .record(z.string().regex(/^[a-z][a-z0-9_]*$/, 'a variable is named with a-z, 0-9 and _'), declaration)
  .transform((record, context): Variables => {
    const variables = new Map<string, Variable>();
    for (const [name, declared] of Object.entries(record)) {
      const variable: Variable = {
        type: declared.type,
        default: declared.default ?? null,
        required: declared.required ?? false,
        description: declared.description ?? '',
        permission: declared.permission ?? false,
        min: declared.min ?? -Infinity,
        max: declared.max ?? Infinity,
      };
      const mistake = declarationMistake(name, variable);
      if (mistake !== null) context.addIssue({ code: 'custom', path: [name], message: mistake });
      variables.set(name, variable);
    }
    return variables;
  });

function declarationMistake(name: string, variable: Variable): string | null {
  if (TAKEN.has(name)) return 'this name has a meaning of its own in templates';
  if (variable.permission && variable.default !== null) {
    return 'a permission has no default: every tenant says what it may see';
  }
  if (variable.required && variable.default !== null) return 'a variable with a default is not required';
  const mistake = variable.default === null ? null : mismatch(variable, variable.default);
  return mistake === null ? null : `the default ${mistake}`;
}

/** What `{{x}}` can hold; an unknown name is a string here, and a problem for the tenant. */
export function holeType(variables: Variables, name: string): HoleType {
  const type = variables.get(name)?.type ?? 'string';
  if (type === 'boolean') return 'boolean';
  return type.startsWith('string') ? 'string' : 'number';
}

/** A tenant's values by name, with defaults. All problems at once, at the tenant's place in the list. */
export function tenantValues(variables: Variables, tenant: Tenant): Result<Map<string, Value>> {
  const problems: Problem[] = [];
  const report = (message: string) => {
    problems.push({ ...tenant.at, message: `tenant ${show(tenant.id)}: ${message}` });
  };
  const values = new Map<string, Value>([
    ['id', tenant.id],
    ['slug', tenant.slug],
  ]);
  const unfit = unfitText(tenant.id);
  if (unfit !== null) report(`the id ${unfit}`);
  for (const name of Object.keys(tenant.vars)) {
    if (!variables.has(name))
      report(`the set ${tenant.set} has no variable ${show(name)}; ${known(variables)}`);
  }
  for (const [name, variable] of variables) {
    const given = Object.hasOwn(tenant.vars, name) ? tenant.vars[name] : undefined;
    const value = given === undefined ? variable.default : given;
    const mistake = value === null ? missing(variable, tenant.set) : mismatch(variable, value);
    if (mistake !== null) report(`${name} ${mistake}`);
    else if (value !== null) values.set(name, value);
  }
  return problems.length > 0 ? bad(...problems) : ok(values);
}

function known(variables: Variables): string {
  const names = [...variables.keys()];
  return names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`;
}

function missing(variable: Variable, set: string): string | null {
  if (variable.permission) return `is a permission of the set ${set}: list what the tenant may see`;
  return variable.required ? `is required by the set ${set}` : null;
}

/** What is wrong with a value, as the end of a sentence; null when nothing is. */
function mismatch(variable: Variable, value: Value): string | null {
  const { type, permission } = variable;
  if (!type.endsWith('[]')) {
    if (typeof value === 'object') return `is a list, but has to be ${articled(type)}`;
    if (permission && value === '') return 'is a permission and cannot be empty';
    return scalarMismatch(variable, value);
  }
  if (typeof value !== 'object') return `is ${show(value)}, but has to be a list: [${show(value)}]`;
  if (permission && (value.length === 0 || value.includes(''))) return 'is a permission and cannot be empty';
  return value.map((item) => scalarMismatch(variable, item)).find((mistake) => mistake !== null) ?? null;
}

function scalarMismatch({ type, min, max }: Variable, value: string | number | boolean): string | null {
  const wanted = type.replace('[]', '');
  const fits = wanted === 'integer' ? Number.isSafeInteger(value) : typeof value === wanted;
  if (!fits) return `is ${show(value)}, but has to be ${articled(wanted)}`;
  if (typeof value === 'string') return unfitText(value);
  if (typeof value !== 'number') return null;
  if (!Number.isFinite(value)) return 'is not a finite number';
  if (value < min) return `is ${value}, below the least allowed, ${min}`;
  return value > max ? `is ${value}, above the most allowed, ${max}` : null;
}

function articled(type: string): string {
  if (type === 'string') return 'a text (in quotes)';
  return type === 'integer' ? 'a whole number' : type === 'number' ? 'a number' : 'true or false';
}
