// JSON paths of a schema as one ClickHouse type, so that a line is parsed once for all columns.

/** One key of a path; `arrays` counts the `[:]` after it. */
export interface Step {
  readonly key: string;
  readonly arrays: number;
}

/** Steps of `$.a.b[:]`, none for `$`. Throws for other forms. */
export function readPath(path: string): readonly Step[] {
  if (path === '$') return [];
  if (!/^\$(?:\.[^.[\]]+(?:\[:\])*)+$/.test(path)) throw new Error(`JSON path not supported: ${path}`);
  return path
    .slice('$.'.length)
    .split('.')
    .map((step) => ({ key: step.replace(/(?:\[:\])+$/, ''), arrays: (step.match(/\[:\]/g) ?? []).length }));
}

interface Branch {
  readonly arrays: number;
  /** Type of the value here when a column reads it, e.g. `Nullable(String)`. */
  readonly leaf: string | null;
  readonly fields: Map<string, Branch>;
}

export interface Tree {
  /** False when the path meets another one that reads its parent, its child, or the same key in another form. */
  add(path: readonly Step[], leaf: string): boolean;
  /** `Tuple(…)` for JSONExtract; null when nothing was added. */
  type(): string | null;
}

export function createTree(): Tree {
  const root = new Map<string, Branch>();
  const add = (path: readonly Step[], leaf: string): boolean => {
    if (!isFree(root, path, leaf)) return false;
    let fields = root;
    path.forEach(({ key, arrays }, i) => {
      const branch = fields.get(key) ?? {
        arrays,
        leaf: i === path.length - 1 ? leaf : null,
        fields: new Map(),
      };
      fields.set(key, branch);
      fields = branch.fields;
    });
    return true;
  };
  return { add, type: () => (root.size === 0 ? null : tupleType(root)) };
}

function isFree(root: ReadonlyMap<string, Branch>, path: readonly Step[], leaf: string): boolean {
  let fields = root;
  for (const [i, { key, arrays }] of path.entries()) {
    const branch = fields.get(key);
    if (branch === undefined) return true;
    const wanted = i === path.length - 1 ? leaf : null;
    if (branch.arrays !== arrays || branch.leaf !== wanted) return false;
    fields = branch.fields;
  }
  return true;
}

function tupleType(fields: ReadonlyMap<string, Branch>): string {
  const parts = [...fields].map(([key, branch]) => {
    const inner = branch.leaf ?? tupleType(branch.fields);
    return `\`${key.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\` ${wrapArrays(inner, branch.arrays)}`;
  });
  return `Tuple(${parts.join(', ')})`;
}

const wrapArrays = (type: string, times: number): string =>
  `${'Array('.repeat(times)}${type}${')'.repeat(times)}`;
