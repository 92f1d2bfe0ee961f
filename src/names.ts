// Names that would collide are refused before anything is sent, naming both places.
import type { Datafile } from './datafile/types.ts';
import type { Problem } from './errors.ts';
import type { Tenant, Token } from './model.ts';
import { BESIDE } from './plan/views.ts';
import { isSlot } from './rotation/slots.ts';

interface Named {
  readonly datafile: Datafile;
  readonly tenant: Tenant | null;
  readonly from: string;
}
interface NamedToken {
  readonly token: Token;
  readonly tenant: Tenant;
  readonly from: string;
}
type Owner = { readonly tenant: Tenant | null; readonly from: string; readonly what: string };

/**
 * Data sources and pipes share one namespace in Tinybird; a node may not be named like any of them; tokens have
 * their own. `acme` + `eu_events` and `acme_eu` + `events` are the classic accident.
 */
export function nameCollisions<T extends Named>(files: readonly T[], tokens: readonly NamedToken[]) {
  const problems: Problem[] = [];
  const byName = new Map<string, T>();
  for (const file of files) {
    const { name } = file.datafile;
    const first = byName.get(name);
    if (first === undefined) byName.set(name, file);
    else problems.push(collision(name, ownerOf(file), ownerOf(first)));
  }
  for (const file of files) {
    if (file.datafile.kind !== 'pipe') continue;
    for (const { name } of file.datafile.nodes) {
      const taken = byName.get(name);
      if (taken !== undefined)
        problems.push(collision(name, { ...ownerOf(file), what: 'node' }, ownerOf(taken)));
    }
  }
  const tokenNames = new Map<string, NamedToken>();
  for (const issued of tokens) {
    const { name } = issued.token;
    const first = tokenNames.get(name);
    if (first === undefined) tokenNames.set(name, issued);
    else problems.push(collision(name, { ...issued, what: 'token' }, { ...first, what: 'token' }));
  }
  return { problems, byName };
}

const ownerOf = ({ datafile, tenant, from }: Named): Owner => ({ tenant, from, what: datafile.kind });

/**
 * On Classic a name of ours with such an end is taken for what an unfinished apply has left, and is removed: no role may
 * end like that.
 */
export function reservedNames(files: readonly Named[]): Problem[] {
  return files.flatMap(({ datafile, tenant, from }) =>
    tenant === null || !BESIDE.test(datafile.name)
      ? []
      : [
          {
            file: from,
            message: `tenant ${JSON.stringify(tenant.id)}: ${datafile.name} ends like what an apply makes for a while beside ${datafile.name.replace(BESIDE, '')}. Give the role a name that ends in neither __next nor __fill`,
          },
        ],
  );
}

/** Such a name says that the token follows another one of its role, and when it was made. */
export const reservedTokens = (tokens: readonly NamedToken[]): Problem[] =>
  tokens.flatMap(({ token: { name }, tenant, from }) =>
    isSlot(name)
      ? [
          {
            file: from,
            message: `tenant ${JSON.stringify(tenant.id)}: the token ${name} ends like one that rotation makes (__ and 14 digits). Rename the role`,
          },
        ]
      : [],
  );

/**
 * ClickHouse takes names of 181 to 206 characters, by the length of the database's (chDB 26.7,
 * `getMaxTableNameLengthForDatabase`), and servers put suffixes to them (`_quarantine`). Tinybird documents no limit.
 */
const LONGEST = 128;

/** What tenants would get under names that are too long; others' names are not ours to judge. */
export function longNames(files: readonly Named[], tokens: readonly NamedToken[]): Problem[] {
  return [...tooLong(files, ({ datafile }) => datafile.name), ...tooLong(tokens, ({ token }) => token.name)];
}

const tooLong = <T extends Pick<Named, 'tenant' | 'from'>>(all: readonly T[], nameOf: (one: T) => string) =>
  all.flatMap((one): Problem[] => {
    const { tenant, from } = one;
    const name = nameOf(one);
    if (tenant === null || name.length <= LONGEST) return [];
    const { slug, at } = tenant;
    const parts = `${slug.length} of the slug and ${name.length - slug.length - 1} of the role ${name.slice(slug.length + 1)}`;
    return [
      {
        stop: 'quota',
        ...at,
        message: `tenant ${JSON.stringify(tenant.id)}: the name ${name} has ${name.length} characters (${parts}), at most ${LONGEST} are allowed. Give the tenant a shorter \`slug\`, or rename ${from}`,
      },
    ];
  });

function collision(name: string, second: Owner, first: Owner): Problem {
  const at = second.tenant?.at ?? first.tenant?.at;
  return {
    stop: 'name-collision',
    file: at?.file ?? second.from,
    ...(at === undefined ? {} : { line: at.line, column: at.column }),
    message: `the name ${name} is wanted twice: as ${read(first)} and as ${read(second)}. Give one of the tenants another \`slug\`, or rename the role or file`,
  };
}

function read({ tenant, from, what }: Owner): string {
  if (tenant === null) return `${what} of the project (${from})`;
  return `${what} of tenant ${JSON.stringify(tenant.id)} (${tenant.at.file}:${tenant.at.line}, ${from})`;
}
