// Names and values as ClickHouse text.

/** A string literal. */
export const literal = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** A quoted identifier. */
export const quote = (name: string): string => `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export const isName = (text: string): boolean => NAME.test(text);

/** `data.events__3` as quoted parts. Throws for anything but one or two plain names. */
export function quoteTable(table: string): string {
  const parts = table.split('.');
  if (parts.length > 2 || !parts.every(isName)) throw new Error(`not a table name: ${JSON.stringify(table)}`);
  return parts.map(quote).join('.');
}
