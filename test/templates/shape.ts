// ClickHouse's lexer, for comparing the shape of two SQL texts: the same tokens, whatever the literals hold.

const TOKEN =
  /(?<space>\s+)|(?<comment>--[^\n]*|#[ !][^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<tinybird>\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}|\{#[\s\S]*?#\})|(?<text>'(?:[^'\\]|\\[\s\S]|'')*')|(?<name>`(?:[^`\\]|\\[\s\S]|``)*`|"(?:[^"\\]|\\[\s\S]|"")*")|(?<number>\d+(?:\.\d*)?(?:e[+-]?\d+)?(?!\w))|(?<word>[\p{L}_]\w*)|(?<heredoc>\$(?<tag>\w*)\$[\s\S]*?\$\k<tag>\$)|(?<mark>[\s\S])/giuy;

/** One letter or word for each token; what is neither blank nor a literal's content shows. */
export function shapeOf(sql: string): string[] {
  return [...sql.matchAll(TOKEN)].flatMap(({ 0: token, groups = {} }) => {
    const { space, comment, text, name, number } = groups;
    if (space !== undefined) return [];
    if (comment !== undefined) return ['COMMENT'];
    if (text !== undefined) return ['TEXT'];
    if (name !== undefined) return ['NAME'];
    if (number !== undefined) return ['NUMBER'];
    return [token];
  });
}
