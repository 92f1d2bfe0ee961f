// DDL built from a datafile: one statement that changes the database, and no function in it that a query could not call.
import type { Engine } from './engine.ts';
import { EngineError } from './failure.ts';
import { readSyntaxTree } from './syntax-tree.ts';
import { tokenize, unquoted } from './tokens.ts';

/** Types, defaults, keys and TTLs are text of the user's; an EngineError says what is wrong with them. Gives the text to run. */
export async function guardDefinition(engine: Engine, sql: string): Promise<string> {
  // Also gives ClickHouse's own syntax error, and refuses a second statement.
  const canonical = await engine.format(sql);
  const { statements, kind } = await engine.analyze(canonical);
  const tokens = tokenize(canonical);
  const call = tokens.find(
    (token, i) => tokens[i + 1]?.text === '(' && engine.functions.judge(unquoted(token)) === 'forbidden',
  );
  if (call !== undefined)
    throw new EngineError({
      code: 0,
      codeName: '',
      message: `The function ${unquoted(call)} is not allowed`,
    });
  const nodes = readSyntaxTree(await engine.explain(canonical));
  if (statements !== 1 || kind !== 1 || nodes.some((node) => node.kind === 'SelectQuery'))
    throw new EngineError({ code: 62, codeName: 'SYNTAX_ERROR', message: 'Syntax error in the schema' });
  return canonical;
}
