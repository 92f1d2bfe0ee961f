// The tree that EXPLAIN AST prints, one node a line, children indented by one more blank.
export interface SyntaxNode {
  /** e.g. `Function`, `TableIdentifier`. */
  readonly kind: string;
  /** e.g. the function's name; without alias. */
  readonly value: string;
  readonly children: readonly SyntaxNode[];
  readonly parent: SyntaxNode | null;
}

interface Growing extends SyntaxNode {
  readonly children: Growing[];
}

const LINE = /^( *)(\S+)(?: (.*?))??(?: \(alias .*?\))?(?: \(children \d+\))?$/s;

/** The nodes in the order of the lines, the root first. Names must not contain line ends or `(alias`; the guard checks it. */
export function readSyntaxTree(lines: readonly string[]): readonly SyntaxNode[] {
  const nodes: Growing[] = [];
  const path: Growing[] = [];
  for (const line of lines) {
    if (line === '') continue;
    const [, indent = '', kind = '', value = ''] = LINE.exec(line) ?? [];
    const parent = path[indent.length - 1] ?? null;
    const node: Growing = { kind, value, children: [], parent };
    parent?.children.push(node);
    path.length = indent.length;
    path.push(node);
    nodes.push(node);
  }
  return nodes;
}
