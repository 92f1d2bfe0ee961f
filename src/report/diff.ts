// The difference of two texts line by line: the fewest lines that go and come, as `diff -u` writes them.

export interface Edit {
  readonly sign: ' ' | '-' | '+';
  readonly line: string;
}

/** Lines around a change that stay. */
const CONTEXT = 3;
// The search takes the square of this; texts that differ in more lines have nothing in common worth finding.
const MOST_EDITS = 600;

/** The empty text has no lines; every other has one more than line breaks. */
export const linesOf = (text: string): string[] => (text === '' ? [] : text.split('\n'));

/** Hunks with their `@@` lines and three lines of context; empty for equal texts. */
export function unified(before: string, after: string): string[] {
  const edits = editsOf(linesOf(before), linesOf(after));
  return hunksOf(edits).flatMap(([start, end]) => {
    const hunk = edits.slice(start, end);
    const old = rangeOf(edits, { start, end, missing: '+' });
    const now = rangeOf(edits, { start, end, missing: '-' });
    return [`@@ -${old} +${now} @@`, ...hunk.map(({ sign, line }) => sign + line)];
  });
}

/** `first line,number of lines`; of no lines, the line before. */
function rangeOf(edits: readonly Edit[], at: { start: number; end: number; missing: Edit['sign'] }): string {
  const count = (part: readonly Edit[]) => part.filter(({ sign }) => sign !== at.missing).length;
  const above = count(edits.slice(0, at.start));
  const n = count(edits.slice(at.start, at.end));
  return `${n === 0 ? above : above + 1},${n}`;
}

/** Start and end among the edits; changes whose context touches stand in one hunk. */
function hunksOf(edits: readonly Edit[]): (readonly [number, number])[] {
  const hunks: [number, number][] = [];
  edits.forEach(({ sign }, at) => {
    if (sign === ' ') return;
    const last = hunks.at(-1);
    const end = Math.min(edits.length, at + 1 + CONTEXT);
    if (last !== undefined && at - CONTEXT <= last[1]) last[1] = end;
    else hunks.push([Math.max(0, at - CONTEXT), end]);
  });
  return hunks;
}

export function editsOf(before: readonly string[], after: readonly string[]): Edit[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  const shorter = Math.min(before.length, after.length) - head;
  while (tail < shorter && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const old = before.slice(head, before.length - tail);
  const now = after.slice(head, after.length - tail);
  const middle = fewest(old, now) ?? [...signed('-', old), ...signed('+', now)];
  return [
    ...signed(' ', before.slice(0, head)),
    ...middle,
    ...signed(' ', before.slice(before.length - tail)),
  ];
}

const signed = (sign: Edit['sign'], lines: readonly string[]): Edit[] =>
  lines.map((line) => ({ sign, line }));

/** Myers, "An O(ND) Difference Algorithm and Its Variations" (1986). Null beyond `MOST_EDITS`. */
function fewest(old: readonly string[], now: readonly string[]): Edit[] | null {
  const most = Math.min(old.length + now.length, MOST_EDITS);
  // Furthest line of the old text that is reached on each diagonal, old line minus new line.
  const reached = new Int32Array(2 * most + 3);
  const rounds: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits += 1) {
    rounds.push(reached.slice());
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = stepOnto(reached, { diagonal, edits, most }).x;
      while (x < old.length && x - diagonal < now.length && old[x] === now[x - diagonal]) x += 1;
      reached[diagonal + most + 1] = x;
      if (x >= old.length && x - diagonal >= now.length) return walkBack(old, now, { rounds, most });
    }
  }
  return null;
}

/** Onto a diagonal from the better of its neighbours: from above a line comes, from the left one goes. */
function stepOnto(reached: Int32Array, at: { diagonal: number; edits: number; most: number }) {
  const { diagonal, edits, most } = at;
  const above = reached[diagonal + most + 2] ?? 0;
  const left = reached[diagonal + most] ?? 0;
  const comes = diagonal === -edits || (diagonal !== edits && left < above);
  return comes ? { x: above, from: diagonal + 1 } : { x: left + 1, from: diagonal - 1 };
}

function walkBack(
  old: readonly string[],
  now: readonly string[],
  { rounds, most }: { rounds: readonly Int32Array[]; most: number },
): Edit[] {
  const edits: Edit[] = [];
  let x = old.length;
  let y = now.length;
  for (let edit = rounds.length - 1; edit > 0; edit -= 1) {
    const reached = rounds[edit] ?? new Int32Array();
    const step = stepOnto(reached, { diagonal: x - y, edits: edit, most });
    const comes = step.from > x - y;
    for (; x > step.x; x -= 1, y -= 1) edits.push({ sign: ' ', line: old[x - 1] ?? '' });
    if (comes) edits.push({ sign: '+', line: now[y - 1] ?? '' });
    else edits.push({ sign: '-', line: old[x - 1] ?? '' });
    if (comes) y -= 1;
    else x -= 1;
  }
  for (; x > 0; x -= 1) edits.push({ sign: ' ', line: old[x - 1] ?? '' });
  return edits.reverse();
}
