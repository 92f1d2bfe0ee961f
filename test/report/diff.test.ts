// A difference is right when it makes the new text of the old one, and good when it says no more than that.

import { describe, expect, it } from 'vitest';
import { editsOf, linesOf, unified } from '../../src/report/diff.ts';
import fc from '../properties.ts';

/** As `patch` does, by the line numbers of the hunks; throws where the old text is not what the hunk says. */
function patch(text: string, diff: readonly string[]): string {
  const old = linesOf(text);
  const made: string[] = [];
  let at = 0;
  for (const line of diff) {
    const [, start, count, nowStart, nowCount] = /^@@ -(\d+),(\d+) \+(\d+),(\d+) @@$/.exec(line) ?? [];
    if (start !== undefined) {
      const first = count === '0' ? Number(start) : Number(start) - 1;
      made.push(...old.slice(at, first));
      at = first;
      expect(made.length).toBe(nowCount === '0' ? Number(nowStart) : Number(nowStart) - 1);
      continue;
    }
    const [sign, rest] = [line[0], line.slice(1)];
    if (sign !== '+') expect(old[at++]).toBe(rest);
    if (sign !== '-') made.push(rest);
  }
  return [...made, ...old.slice(at)].join('\n');
}

const texts = fc
  .array(fc.constantFrom('a', 'b', 'c', '', '@@ -1,1 +1,1 @@', '-', '+', '```'), { maxLength: 40 })
  .map((lines) => lines.join('\n'));

describe('a unified difference', () => {
  it('makes the new text of the old one', () => {
    fc.assert(
      fc.property(texts, texts, (before, after) => {
        // A line that looks like a header of a hunk has a sign before it.
        expect(patch(before, unified(before, after))).toBe(after);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is empty for equal texts, and only for them', () => {
    fc.assert(
      fc.property(texts, texts, (one, other) => (unified(one, other).length === 0) === (one === other)),
    );
  });

  it('has the fewest lines', () => {
    fc.assert(
      fc.property(texts, texts, (before, after) => {
        const [old, now] = [linesOf(before), linesOf(after)];
        const kept = editsOf(old, now).filter(({ sign }) => sign === ' ').length;
        expect(kept).toBe(longestCommon(old, now));
      }),
    );
  });

  it('keeps three lines around a change, and puts changes that are close into one hunk', () => {
    const lines = Array.from({ length: 30 }, (_, n) => `line ${n + 1}`);
    const changed = lines.with(9, 'ten').with(16, 'seventeen').with(26, 'twenty-seven');
    expect(unified(lines.join('\n'), changed.join('\n')).filter((line) => line.startsWith('@@'))).toEqual([
      '@@ -7,14 +7,14 @@',
      '@@ -24,7 +24,7 @@',
    ]);
  });

  it('of texts that have nothing in common takes no time and says so', () => {
    const [old, now] = ['x', 'y'].map((name) =>
      Array.from({ length: 20_000 }, (_, n) => `${name}${n}`).join('\n'),
    );
    const diff = unified(old ?? '', now ?? '');
    expect(diff.slice(0, 2)).toEqual(['@@ -1,20000 +1,20000 @@', '-x0']);
    expect(diff).toHaveLength(40_001);
  });
});

function longestCommon(old: readonly string[], now: readonly string[]): number {
  let above = Array.from({ length: now.length + 1 }, () => 0);
  for (const line of old) {
    const row = [0];
    now.forEach((other, at) => {
      row.push(line === other ? (above[at] ?? 0) + 1 : Math.max(row[at] ?? 0, above[at + 1] ?? 0));
    });
    above = row;
  }
  return above.at(-1) ?? 0;
}
