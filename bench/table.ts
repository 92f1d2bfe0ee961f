// Rows of the report: the spread of what was measured, and how it is printed.

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Row {
  readonly name: string;
  readonly unit: 'ms' | 'MB' | 'files/s';
  /** One value a run, in the unit. */
  readonly values: readonly number[];
  /** Medians of the same runs. */
  readonly cpuMs?: number;
  readonly maxRssMb?: number;
  readonly serverMs?: number;
  readonly requests?: number;
  readonly sentBytes?: number;
  readonly receivedBytes?: number;
  /** What shall be reached; nothing is checked against it. */
  readonly reach?: string;
}

function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    min: at(0),
    max: at(sorted.length - 1),
  };
}

export const median = (values: readonly number[]): number => spread(values).median;

const HEAD = [
  '',
  'median',
  'min',
  'max',
  'CPU',
  'max RSS',
  'server',
  'requests',
  'sent',
  'received',
  'reach',
];

export function tableOf(rows: readonly Row[]): string {
  return aligned([HEAD, ...rows.map(cells)]);
}

/** The first column to the left, the others to the right. */
export function aligned(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cells(row: Row): string[] {
  const { median, min, max } = spread(row.values);
  const print = (value: number) => inUnit(value, row.unit);
  return [
    row.name,
    print(median),
    ...(row.values.length > 1 ? [print(min), print(max)] : ['', '']),
    row.cpuMs === undefined ? '' : inUnit(row.cpuMs, 'ms'),
    row.maxRssMb === undefined ? '' : `${Math.round(row.maxRssMb)} MB`,
    row.serverMs === undefined ? '' : inUnit(row.serverMs, 'ms'),
    row.requests === undefined ? '' : String(row.requests),
    row.sentBytes === undefined ? '' : megabytes(row.sentBytes),
    row.receivedBytes === undefined ? '' : megabytes(row.receivedBytes),
    row.reach ?? '',
  ];
}

function inUnit(value: number, unit: Row['unit']): string {
  switch (unit) {
    case 'ms':
      return value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(2)} s`;
    case 'MB':
      return `${value.toFixed(2)} MB`;
    case 'files/s':
      return `${Math.round(value).toLocaleString('en')} /s`;
  }
}

const megabytes = (bytes: number): string => (bytes === 0 ? '0' : `${(bytes / 1e6).toFixed(1)} MB`);
