// Puts physical tables, or the SELECT of a node, in the place of the names that a guarded SELECT reads.
import { quoteTable } from './quoting.ts';
import { type Token, tokenize, unquoted } from './tokens.ts';

/** What a name stands for. */
export type Source = { readonly table: string } | { readonly sql: string };

/** `canonical` and every `sql` in `sources` must come from guardSelect. Names without a source stay. An Error for a circle. */
export function substitute(
  canonical: string,
  sources: ReadonlyMap<string, Source>,
  inside: readonly string[] = [],
): string {
  const tokens = tokenize(canonical);
  let text = '';
  let end = 0;
  for (const { token, place, next } of tablePlaces(tokens)) {
    const name = unquoted(token);
    const source = sources.get(name);
    if (source === undefined) continue;
    if (inside.includes(name)) throw new Error(`${[...inside, name].join(' reads ')}: a circle`);
    text += canonical.slice(end, token.at);
    const value =
      'table' in source
        ? quoteTable(source.table)
        : `(${substitute(source.sql, sources, [...inside, name])})`;
    // Columns may be written with the name of the table before them.
    const alias = next?.text === 'AS' ? '' : ` AS ${token.text}`;
    text += place === 'from' ? value + alias : 'table' in source ? value : `SELECT * FROM ${value}`;
    end = token.at + token.text.length;
  }
  return text + canonical.slice(end);
}

interface TablePlace {
  readonly token: Token;
  readonly place: 'from' | 'in';
  readonly next: Token | undefined;
}

const isName = (token: Token | undefined): token is Token =>
  token?.kind === 'word' || token?.kind === 'quoted';
// Commas after one of these do not separate tables any more.
const ENDS_FROM = new Set(
  'ARRAY WHERE PREWHERE GROUP HAVING QUALIFY WINDOW ORDER LIMIT OFFSET UNION INTERSECT EXCEPT SELECT'.split(
    ' ',
  ),
);

function tablePlaces(tokens: readonly Token[]): readonly TablePlace[] {
  const places: TablePlace[] = [];
  // For each open bracket: whether a comma here is followed by a table.
  const lists: boolean[] = [false];
  tokens.forEach((token, i) => {
    const level = lists.length - 1;
    if (token.text === '(' || token.text === '[') lists.push(false);
    if ((token.text === ')' || token.text === ']') && level > 0) lists.pop();
    const next = tokens[i + 1];
    const starts = startsTable(tokens, i);
    if (token.kind === 'word' && ENDS_FROM.has(token.text)) lists[level] = false;
    if (starts) lists[level] = true;
    const after = tokens[i + 2];
    if (
      (starts || (token.text === ',' && lists[level] === true)) &&
      isName(next) &&
      !/^[.(]$/.test(after?.text ?? '')
    )
      places.push({ token: next, place: 'from', next: after });
    if (token.text === 'IN' && next?.text === '(' && isName(after) && tokens[i + 3]?.text === ')')
      places.push({ token: after, place: 'in', next: tokens[i + 3] });
  });
  return places;
}

function startsTable(tokens: readonly Token[], i: number): boolean {
  const [previous, token] = [tokens[i - 1], tokens[i]];
  if (token?.kind !== 'word') return false;
  // `ORDER BY x WITH FILL FROM a TO b`, and ARRAY JOIN, whose names are columns.
  if (token.text === 'FROM') return previous?.text !== 'FILL';
  return token.text === 'JOIN' && previous?.text !== 'ARRAY';
}
