// A template filled for one tenant, with the place in the template of everything that came out.
import { finished, type Scope, walk } from '../templates/fill.ts';
import type { Position } from '../templates/scan.ts';
import { DROPPED } from '../templates/spans.ts';
import type { Template } from '../templates/template.ts';

export interface Traced {
  readonly text: string;
  /** Of an offset in the text. */
  readonly place: (offset: number) => Position;
}

/** Where a part of the text begins, and where it comes from. */
interface Origin {
  readonly offset: number;
  readonly at: Position;
  /** A value stands in the template at one place, however long it is. */
  readonly isValue: boolean;
}

/** Throws a Misfit. */
export function trace(template: Template, scope: Scope): Traced {
  const origins: Origin[] = [];
  let whole = '';
  let offset = 0;
  const add = (part: string, at: Position, isValue: boolean): void => {
    origins.push({ offset, at, isValue });
    whole += part;
    // The text as it is finished: a backslash that is not part of the output is the end of its part.
    offset += part.length - (part.endsWith(DROPPED) ? 1 : 0);
  };
  walk(template, scope, {
    text: ({ text, at }) => {
      let start = at;
      for (const part of text.split(BEHIND_DROPPED)) {
        add(part, start, false);
        start = after(start, part);
      }
    },
    value: ({ at }, written) => add(written, at, true),
    way: () => {},
  });
  const text = finished(whole);
  const place = (wanted: number): Position => {
    const origin = origins.findLast((one) => one.offset <= wanted);
    if (origin === undefined) return { line: 1, column: 1 };
    return origin.isValue ? origin.at : after(origin.at, text.slice(origin.offset, wanted));
  };
  return { text, place };
}

const BEHIND_DROPPED = new RegExp(`(?<=${DROPPED})`);

function after({ line, column }: Position, text: string): Position {
  const breaks = text.split('\n').length - 1;
  return breaks === 0
    ? { line, column: column + text.length }
    : { line: line + breaks, column: text.length - text.lastIndexOf('\n') };
}
