// The SQL that takes a batch of JSON lines apart for one data source: good rows, quarantined rows, and why.
import type { Column, Datasource } from '../../datafile/types.ts';
import { castText, misses, type Shape, shapeOf, textType } from './casts.ts';
import { createTree, readPath, type Step } from './json-paths.ts';
import { literal, quote, quoteTable } from './quoting.ts';
import { quarantineOf } from './tables.ts';

/** `stage` is a temporary table; the statements run in this order on one connection. */
export interface Recipe {
  stage(file: string): string;
  /** Columns `good` and `bad`. */
  readonly counts: string;
  readonly insert: string;
  quarantine(importId: string): string;
}

interface Reading {
  readonly column: Column;
  readonly shape: Shape;
  /** Expression over a line that gives the value as text. */
  readonly text: string;
  /** Columns of the stage that hold text and value. */
  readonly textName: string;
  readonly valueName: string;
  /** Key of the first array of the path, which JSONExtract would quietly read as empty when it is none. */
  readonly array: readonly Step[];
}

export const STAGE = 'c__stage';

/** The columns' types must be complete. Throws for a JSON path that cannot be read. */
export function createRecipe(datasource: Datasource, table: string): Recipe {
  const { readings, type } = readColumns(datasource);
  const quarantine = quoteTable(quarantineOf(table));
  return {
    stage: (file) => stageText(file, readings, type),
    counts: `SELECT countIf(c__good) AS good, countIf(NOT c__good) AS bad FROM ${STAGE}`,
    insert: `INSERT INTO ${quoteTable(table)} (${names(readings)})
SELECT ${readings.map(goodValue).join(',\n')}
FROM ${STAGE} WHERE c__good`,
    quarantine: (
      importId,
    ) => `INSERT INTO ${quarantine} (${[...QUARANTINE_NAMES, names(readings)].join(', ')})
SELECT c__errors, if(c__json, arrayFilter(m -> m != '', [${readings.map(complaint).join(',\n')}]), [concat('invalid JSON: ', substring(c__line, 1, 500))]),
${literal(importId)}, now(), ${readings.map(badValue).join(',\n')}
FROM ${STAGE} WHERE NOT c__good`,
  };
}

const QUARANTINE_NAMES = ['c__error_column', 'c__error', 'c__import_id', 'insertion_date'];

const names = (readings: readonly Reading[]): string =>
  readings.map(({ column }) => quote(column.name)).join(', ');

function readColumns({ columns }: Datasource): { readings: readonly Reading[]; type: string | null } {
  const hasPaths = columns.some(({ jsonpath }) => jsonpath !== null);
  const tree = createTree();
  const readings = columns.flatMap((column, i): readonly Reading[] => {
    const path = column.jsonpath ?? (hasPaths ? null : `$.${column.name}`);
    if (path === null) return [];
    const shape = shapeOf(column.type);
    const steps = readPath(path);
    const arrays = steps.reduce((sum, step) => sum + step.arrays, 0);
    const leaf = textType(shape, arrays);
    if (arrays > depthOf(shape))
      throw new Error(`the column ${column.name} reads ${path}, so its type must be an Array`);
    const text = textOf(steps, leaf, tree.add(steps, leaf) && steps.length > 0);
    if (text === null) throw new Error(`the JSON path ${path} of ${column.name} overlaps with another one`);
    const first = steps.findIndex((step) => step.arrays > 0);
    const array = shape.kind === 'array' ? steps.slice(0, first < 0 ? steps.length : first + 1) : [];
    return [{ column, shape, text, textName: `c__text_${i}`, valueName: `c__value_${i}`, array }];
  });
  return { readings, type: tree.type() };
}

const depthOf = (shape: Shape): number => (shape.kind === 'array' ? 1 + depthOf(shape.element) : 0);

function textOf(steps: readonly Step[], leaf: string, inTree: boolean): string | null {
  if (steps.length === 0) return 'toNullable(c__line)';
  if (inTree)
    return steps.reduce((value, { key }) => `tupleElement(${value}, ${literal(key)})`, 'c__document');
  if (steps.slice(0, -1).some(({ arrays }) => arrays > 0)) return null;
  const keys = steps.map(({ key }) => literal(key)).join(', ');
  return `JSONExtract(c__line, ${keys}, ${literal(`${'Array('.repeat(steps.at(-1)?.arrays ?? 0)}${leaf}${')'.repeat(steps.at(-1)?.arrays ?? 0)}`)})`;
}

function stageText(file: string, readings: readonly Reading[], type: string | null): string {
  const columns = readings.flatMap(({ shape, text, textName, valueName }) => [
    `${text} AS ${textName}`,
    `${castText(shape, textName)} AS ${valueName}`,
  ]);
  const errors = readings.map((reading) => `if(${isBad(reading)}, ${literal(reading.column.name)}, '')`);
  return `CREATE TEMPORARY TABLE ${STAGE} ENGINE = Memory AS SELECT c__line,
isValidJSON(c__line) AND JSONType(c__line) = 'Object' AS c__json,
${type === null ? '' : `JSONExtract(c__line, ${literal(type)}) AS c__document,\n`}${columns.map((column) => `${column},\n`).join('')}
if(c__json, arrayFilter(e -> e != '', [${errors.join(', ')}]), []::Array(String)) AS c__errors,
c__json AND empty(c__errors) AS c__good
FROM file(${literal(file)}, 'LineAsString', 'c__line String') WHERE c__line != ''`;
}

function isBad({ column, shape, textName, valueName, array }: Reading): string {
  const missed = misses(shape, textName, valueName);
  const bad =
    shape.kind === 'scalar' && column.default !== null ? `(isNotNull(${textName}) AND ${missed})` : missed;
  if (array.length === 0) return bad;
  const keys = array.map(({ key }) => literal(key)).join(', ');
  // JSONExtract also drops elements that hold nothing of what it looks for.
  return `(${bad} OR JSONType(c__line, ${keys}) NOT IN ('Array', 'Null') OR JSONLength(c__line, ${keys}) != length(${textName}))`;
}

// Aliases are the columns' names, because a default may be made of other columns.
function goodValue({ column, shape, textName, valueName }: Reading): string {
  const type = literal(column.type);
  const nullable = shape.kind === 'scalar' && shape.nullable;
  const value = shape.kind === 'scalar' && !nullable ? `assumeNotNull(${valueName})` : valueName;
  const given = shape.kind === 'document' ? value : `CAST(${value}, ${type})`;
  if (column.default === null || shape.kind !== 'scalar') return `${given} AS ${quote(column.name)}`;
  return `if(isNull(${textName}), CAST((${column.default}), ${type}), ${given}) AS ${quote(column.name)}`;
}

const badValue = ({ shape, textName }: Reading): string =>
  shape.kind === 'scalar' || shape.kind === 'document' ? textName : `toJSONString(${textName})`;

function complaint({ column, shape, textName }: Reading): string {
  const value = shape.kind === 'scalar' || shape.kind === 'document' ? textName : `toJSONString(${textName})`;
  const message = `concat('value ', ifNull(concat('\\'', substring(${value}, 1, 500), '\\''), 'null'), ${literal(` on column '${column.name}' is not ${column.type}`)})`;
  return `if(has(c__errors, ${literal(column.name)}), ${message}, '')`;
}
