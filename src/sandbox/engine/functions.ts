// Which functions a query may call: those of harmless categories of system.functions, some others by name, and nothing else.
import type { Row } from './engine.ts';

export interface Catalog {
  /** `unknown`: this ClickHouse has no such function. */
  judge(name: string): 'allowed' | 'forbidden' | 'unknown';
}

// Members of these read the server, files, other tables or other queries. A category that a later ClickHouse adds is closed too.
const OPEN_CATEGORIES = new Set(
  `Aggregate Functions|Arithmetic|Arrays|Bit|Bitmap|Comparison|Conditional|Dates and Times|Distance|Encoding|Encryption|Financial
Geo|Geo Polygon|Hash|IP Address|JSON|Logical|Map|Mathematical|Null|NumericIndexedVector|QBit|Random Number|Rounding|String
String Replacement|String Search|String Splitting|Time Series|Time Window|Tuple|Type Conversion|URL|UUID`.split(
    /[|\n]/,
  ),
);

// Harmless members of `Other`, and what the parser makes of syntax.
const ALLOWED = new Set(
  `MACNumToString MACStringToNum MACStringToOUI bar blockNumber blockSize byteSize colorOKLABToSRGB colorOKLCHToSRGB colorSRGBToOKLAB
colorSRGBToOKLCH countDigits defaultValueOfArgumentType defaultValueOfTypeName digits dumpColumnStructure finalizeAggregation
flipCoordinates formatReadableDecimalSize formatReadableQuantity formatReadableSize formatReadableTimeDelta getSizeOfEnumType
getSubcolumn identity ignore indexHint initializeAggregation isConstant isDecimalOverflow lowCardinalityIndices lowCardinalityKeys
materialize minSampleSizeContinuous minSampleSizeConversion neighbor parseReadableSize parseReadableSizeOrNull
parseReadableSizeOrZero parseTimeDelta rowNumberInAllBlocks rowNumberInBlock runningAccumulate runningConcurrency
runningDifference runningDifferenceStartingWithFirstValue throwIf toColumnTypeName toTypeName transform variantElement variantType
version visibleWidth caseWithExpression nested
lambda exists grouping untuple`.split(/\s/),
);

// Suffixes of aggregate functions, e.g. sumIf, uniqMerge; they stack.
const COMBINATOR =
  /(?:SimpleState|OrDefault|Distinct|Resample|ForEach|ArgMax|ArgMin|OrNull|Tuple|Merge|State|Array|Null|Map|If)$/;

export async function loadCatalog(rows: (sql: string) => Promise<readonly Row[]>): Promise<Catalog> {
  const open = new Map([...ALLOWED].map((name) => [name.toLowerCase(), true]));
  const aliases = new Map<string, string>();
  for (const { name, alias, categories } of await rows(
    'SELECT name, alias_to AS alias, categories FROM system.functions',
  )) {
    const key = String(name).toLowerCase();
    const isOpen = OPEN_CATEGORIES.has(String(categories));
    if (alias !== '') aliases.set(key, String(alias));
    else open.set(key, isOpen || open.get(key) === true);
  }
  const judge = (name: string): 'allowed' | 'forbidden' | 'unknown' => {
    const key = name.toLowerCase();
    const known = open.get(key);
    if (known !== undefined) return known ? 'allowed' : 'forbidden';
    const target = aliases.get(key);
    if (target !== undefined) return judge(target);
    const base = name.replace(COMBINATOR, '');
    return base === name ? 'unknown' : judge(base);
  };
  return { judge };
}
