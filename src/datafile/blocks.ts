// The text of a block without its indentation, and back.

/** Lines trimmed, no blank lines around. */
export function readDescription(body: string): string {
  const text = body.trim();
  if (!text.includes('\n')) return text;
  return text
    .split('\n')
    .map((line) => line.trim())
    .join('\n');
}

/**
 * SQL without its common indentation. A `%` at the start turns templating on: it gets its own line, and the rest is
 * dedented by itself, because Tinybird hands back such text with only the first line stripped.
 */
export function readSql(body: string): string {
  // The usual form, in one pass.
  const [opening] = /^[ \t\n]*%[ \t]*\n/.exec(body) ?? [];
  if (opening !== undefined) return templated(dedent(body.slice(opening.length).split('\n')));
  const sql = dedent(body.split('\n'));
  const stripped = sql.trimStart();
  if (!stripped.startsWith('%')) return sql;
  const [first = '', ...rest] = stripped.slice(1).split('\n');
  return templated(dedent(first.trim() === '' ? rest : [first.trimStart(), ...rest]));
}

const templated = (sql: string): string => (sql === '' ? '%' : `%\n${sql}`);

/** Each line four blanks in; blank lines stay empty. */
export function indent(text: string): string {
  // Without blank lines, in one go.
  if (!/\n\n|^\n|\n$|^$/.test(text)) return `    ${text.replaceAll('\n', '\n    ')}`;
  return text
    .split('\n')
    .map((line) => (line === '' ? '' : `    ${line}`))
    .join('\n');
}

function dedent(lines: readonly string[]): string {
  let margin: string | null = null;
  const filled: string[] = [];
  for (const line of lines) {
    const lead = leading(line);
    const isBlank = lead === line.length;
    filled.push(isBlank ? '' : line);
    if (!isBlank) margin = margin === null ? line.slice(0, lead) : shared(margin, line);
  }
  if (margin === null) return '';
  const width = margin.length;
  const text = filled.map((line) => line.slice(width)).join('\n');
  let start = 0;
  while (text.charCodeAt(start) === 0x0a) start++;
  let end = text.length;
  while (isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x09 || code === 0x0a;

/** How many blanks and tabs a line starts with. */
function leading(line: string): number {
  let at = 0;
  while (line.charCodeAt(at) === 0x20 || line.charCodeAt(at) === 0x09) at++;
  return at;
}

function shared(margin: string, line: string): string {
  if (line.startsWith(margin)) return margin;
  let at = 0;
  while (line.charCodeAt(at) === margin.charCodeAt(at)) at++;
  return margin.slice(0, at);
}
