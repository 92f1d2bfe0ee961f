// The names that a node's SQL mentions outside strings and comments, with their places.

export interface Mention {
  readonly name: string;
  /** Offsets in the SQL; the end is exclusive. Quotes of the name are inside. */
  readonly at: number;
  readonly end: number;
  /** It stands where a table can stand: after FROM or JOIN. */
  readonly isTable: boolean;
}

const TOKEN =
  /--[^\n]*|#[ !][^\n]*|\/\*[\s\S]*?\*\/|'(?:\\[\s\S]|''|[^'\\])*'|"(?:\\[\s\S]|""|[^"\\])*"|`(?:\\[\s\S]|``|[^`\\])*`|[A-Za-z_]\w*|\S/g;
const SILENT = /^(?:--|#[ !]|\/\*|')/;

/** Every word, quoted or not: whoever asks knows which of them are names. */
export function mentionsIn(sql: string): Mention[] {
  const mentions: Mention[] = [];
  let before = '';
  for (const { 0: token, index: at } of sql.matchAll(TOKEN)) {
    if (/^(?:--|#[ !]|\/\*)/.test(token)) continue;
    if (/^[A-Za-z_"`]/.test(token) && !SILENT.test(token)) {
      const name = /^["`]/.test(token) ? token.slice(1, -1) : token;
      mentions.push({ name, at, end: at + token.length, isTable: /^(?:FROM|JOIN)$/i.test(before) });
    }
    before = token;
  }
  return mentions;
}
