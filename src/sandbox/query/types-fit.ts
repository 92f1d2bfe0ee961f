// Whether a view's column can go into its target's without changing what it says: ClickHouse itself would cast silently and wrap.

/** Both are types as DESCRIBE prints them. */
export function fits(from: string, to: string): boolean {
  const [source, target] = [storedAs(from), storedAs(to)];
  if (source.nullable && !target.nullable) return false;
  return source.type === target.type || widens(source.type, target.type);
}

interface Stored {
  readonly type: string;
  readonly nullable: boolean;
}

/** Without what only changes how a value is kept, and without a time zone, which only changes how it is shown. */
function storedAs(type: string): Stored {
  let bare = type;
  let nullable = false;
  for (;;) {
    const inner =
      /^LowCardinality\((.*)\)$/.exec(bare)?.[1] ??
      /^SimpleAggregateFunction\(\w+, (.*)\)$/.exec(bare)?.[1] ??
      /^Nullable\((.*)\)$/.exec(bare)?.[1];
    if (inner === undefined) break;
    nullable ||= bare.startsWith('Nullable(');
    bare = inner;
  }
  return {
    type: bare.replace(/(DateTime64\(\d+), '[^']*'\)|(DateTime)\('[^']*'\)/g, (_, long, short) =>
      long === undefined ? short : `${long})`,
    ),
    nullable,
  };
}

function widens(from: string, to: string): boolean {
  const [, fromSign, fromBits] = /^(U?)Int(\d+)$/.exec(from === 'Bool' ? 'UInt8' : from) ?? [];
  const [, toSign, toBits] = /^(U?)Int(\d+)$/.exec(to) ?? [];
  if (fromBits !== undefined && toBits !== undefined) {
    if (fromSign === toSign) return Number(toBits) >= Number(fromBits);
    return fromSign === 'U' && Number(toBits) > Number(fromBits);
  }
  if (from === 'Float32' && to === 'Float64') return true;
  const text = /^(String|FixedString\(\d+\)|Enum(8|16)\(.*\))$/;
  return to === 'String' && text.test(from);
}
