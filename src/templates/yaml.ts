// YAML files of a template set: read strictly, checked with zod, every problem with its line and column.
import { type Document, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { ZodType, z } from 'zod';
import { bad, ok, type Problem, type Result } from '../errors.ts';
import type { Position } from './scan.ts';

export interface Checked<T> {
  readonly value: T;
  /** Where the value at a path stands. */
  readonly at: (path: readonly PropertyKey[]) => Position;
}

export function readYaml<T>(file: string, text: string, schema: ZodType<T>): Result<Checked<T>> {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    schema: 'core',
    stringKeys: true,
    prettyErrors: false,
  });
  const place = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const broken = [
    ...[...document.errors, ...document.warnings].map(({ pos, message }) => ({ offset: pos[0], message })),
    ...forbidden(document),
  ];
  if (broken.length > 0) {
    return bad(
      ...broken.map(({ offset, message }) => ({ file, ...place(offset), message: hinted(message) })),
    );
  }
  const at = (path: readonly PropertyKey[]): Position => {
    for (let length = path.length; length > 0; length -= 1) {
      const node = document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return place(node.range[0]);
    }
    return { line: 1, column: 1 };
  };
  // Each form is read a few times: code made for it would take longer to make than it saves.
  const value = schema.safeParse(document.toJS(), { jitless: true });
  if (value.success) return ok({ value: value.data, at });
  return bad(
    ...value.error.issues.map((issue): Problem => {
      const path = issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
      return { file, ...at(issue.path), message: hinted(path + reasonOf(issue)) };
    }),
  );
}

/** Aliases, which hide what a reader of the file should see; and a key that zod would silently drop. */
function forbidden(document: Document): { offset: number; message: string }[] {
  const found: { offset: number; message: string }[] = [];
  visit(document, {
    Alias(_, node) {
      found.push({ offset: node.range?.[0] ?? 0, message: 'an alias (*) is not supported: write the value' });
    },
    Pair(_, { key }) {
      if (!isScalar(key) || key.value !== '__proto__') return;
      found.push({ offset: key.range?.[0] ?? 0, message: 'nothing can be named __proto__' });
    },
  });
  return found;
}

function reasonOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message;
  if (issue.code === 'invalid_value') return `has to be ${issue.values.join(' or ')}`;
  return issue.code === 'invalid_type' && issue.path.length === 0
    ? 'the file has to be a mapping (`key: value`)'
    : issue.message;
}

/** `key: {{x}}` is a mapping to YAML, with a mapping for a key. */
const hinted = (message: string): string =>
  /expected string, received object|stringKeys|flow|block mapping/i.test(message)
    ? `${message} (a text that starts with {{ needs quotes around it in YAML)`
    : message;
