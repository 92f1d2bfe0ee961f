// The words of SQL that ClickHouse has formatted: no comments, keywords in upper case, odd names in backticks.
export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'sign';
  readonly text: string;
  /** Offset of the first character. */
  readonly at: number;
}

const TOKEN =
  /(?<word>[A-Za-z_]\w*)|(?<quoted>`(?:[^`\\]|\\.|``)*`|"(?:[^"\\]|\\.|"")*")|(?<string>'(?:[^'\\]|\\.|'')*')|(?<number>\d[\w.]*)|(?<sign>--|\/\*|\S)/gsu;

export function tokenize(sql: string): readonly Token[] {
  return [...sql.matchAll(TOKEN)].map((match): Token => {
    const { word, quoted, string, number } = match.groups ?? {};
    const at = match.index;
    if (word !== undefined) return { kind: 'word', text: word, at };
    if (quoted !== undefined) return { kind: 'quoted', text: quoted, at };
    if (string !== undefined) return { kind: 'string', text: string, at };
    if (number !== undefined) return { kind: 'number', text: number, at };
    return { kind: 'sign', text: match[0], at };
  });
}

/** A name without its quotes. */
export const unquoted = (token: Token): string =>
  token.kind === 'quoted' ? token.text.slice(1, -1) : token.text;

/** Names of common table expressions: `name AS (SELECT`, `name AS (WITH`, also with a list of columns. */
export function cteNames(tokens: readonly Token[]): readonly string[] {
  const names: string[] = [];
  tokens.forEach((token, i) => {
    if (token.text !== 'AS' || tokens[i + 1]?.text !== '(') return;
    let inside = i + 2;
    while (tokens[inside]?.text === '(') inside += 1;
    const first = tokens[inside];
    if (first?.text !== 'SELECT' && first?.text !== 'WITH') return;
    const name = tokens[beforeColumns(tokens, i - 1)];
    if (name !== undefined) names.push(unquoted(name));
  });
  return names;
}

function beforeColumns(tokens: readonly Token[], end: number): number {
  if (tokens[end]?.text !== ')') return end;
  let i = end;
  while (i >= 0 && tokens[i]?.text !== '(') i -= 1;
  return i - 1;
}
