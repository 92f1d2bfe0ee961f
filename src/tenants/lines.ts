// Lines and columns of a text, counted from 1, found by offset.
import type { Place } from '../model.ts';

/** Columns count UTF-16 units, as editors do. */
export function placesIn(file: string, text: string): (at: number) => Place {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (at) => {
    let line = 0;
    let beyond = starts.length;
    while (beyond - line > 1) {
      const middle = (line + beyond) >> 1;
      if ((starts[middle] ?? 0) <= at) line = middle;
      else beyond = middle;
    }
    return { file, line: line + 1, column: at - (starts[line] ?? 0) + 1 };
  };
}
