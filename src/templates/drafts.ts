// A set as its folder says it, and the line of sets that it extends.
import * as z from 'zod';
import { bad, ok, type Result } from '../errors.ts';
import type { Allowance, Backfill } from '../model.ts';
import { allowances } from '../tenants/allowances.ts';
import type { Folder } from './folders.ts';
import { unfitText } from './places.ts';
import { type Source, seconds } from './tokens.ts';
import { declarations, type Variables } from './variables.ts';
import { readYaml } from './yaml.ts';

const setForm = z.strictObject({
  description: z.string().optional(),
  extends: z.string().optional(),
  variables: declarations.optional(),
  'ttl-max': z.string().optional(),
  backfill: z.enum(['exact', 'approximate', 'none']).optional(),
  'allow-wide': z
    .string()
    .trim()
    .min(1, 'needs a reason, which every plan shows')
    .refine((reason) => unfitText(reason) === null, 'has to be one line')
    .optional(),
  allow: allowances.optional(),
});

/** One folder, with its set.yaml read. */
export interface Draft {
  readonly name: string;
  readonly file: string;
  readonly description: string;
  readonly parent: { readonly name: string; readonly line: number; readonly column: number } | null;
  readonly variables: Variables;
  readonly longestTtl: number | null;
  readonly backfill: Backfill | null;
  readonly allowWide: string | null;
  readonly allow: readonly Allowance[] | null;
  /** By file name, e.g. `read.token.hbs`. */
  readonly sources: ReadonlyMap<string, Source>;
}

export const TEMPLATE_FILE = /^([a-z][a-z0-9_]*)\.(datasource|pipe|token)\.hbs$/;

export function readDraft({ name, path, files }: Folder): Result<Draft> {
  const file = `${path}/set.yaml`;
  const text = files.get('set.yaml');
  if (text === undefined) return bad({ file: path, message: 'has templates but no set.yaml' });
  const read = readYaml(file, text, setForm);
  if (!read.ok) return read;
  const { value, at } = read.value;
  const longestTtl = value['ttl-max'] === undefined ? null : seconds(value['ttl-max']);
  if (value['ttl-max'] !== undefined && longestTtl === null) {
    return bad({ file, ...at(['ttl-max']), message: 'ttl-max is not like 15m, 24h or 30d' });
  }
  const sources = new Map<string, Source>();
  for (const [fileName, source] of files) {
    const role = TEMPLATE_FILE.exec(fileName)?.[1];
    if (role === undefined) continue;
    sources.set(fileName, { role, from: `${name}/${fileName}`, file: `${path}/${fileName}`, text: source });
  }
  const parent = value.extends === undefined ? null : { name: value.extends, ...at(['extends']) };
  const variables: Variables = value.variables ?? new Map();
  return ok({
    name,
    file,
    description: value.description ?? '',
    parent,
    variables,
    longestTtl,
    backfill: value.backfill ?? null,
    allowWide: value['allow-wide'] ?? null,
    allow: value.allow ?? null,
    sources,
  });
}

/** Of a set and those that it extends, what the youngest says that says anything. */
export function youngest<K extends 'longestTtl' | 'backfill' | 'allowWide' | 'allow'>(
  lineage: readonly Draft[],
  key: K,
): Draft[K] | null {
  return lineage.find((age) => age[key] !== null)?.[key] ?? null;
}

/** The set, its parent, that one's parent and so on. */
export function ancestry(draft: Draft, drafts: ReadonlyMap<string, Draft>): Result<readonly Draft[]> {
  const line: Draft[] = [draft];
  for (let { parent } = draft; parent !== null; ) {
    const { name, ...at } = parent;
    const next = drafts.get(name);
    const { file } = line.at(-1) ?? draft;
    if (next === undefined) {
      const known = [...drafts.keys()].join(', ');
      return bad({
        file,
        ...at,
        message: `extends the set "${name}", which is not there; there are ${known}`,
      });
    }
    if (line.includes(next)) {
      const circle = [...line, next].map((age) => age.name).join(' → ');
      return bad({ file, ...at, message: `sets extend each other in a circle: ${circle}` });
    }
    line.push(next);
    ({ parent } = next);
  }
  return ok(line);
}
