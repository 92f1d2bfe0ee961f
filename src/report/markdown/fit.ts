// Whole lines within a limit: a text is never cut in the middle of a line, a fence or a table.

/** Lines that stand or fall together. */
export type Block = readonly string[];

export interface Section {
  readonly head: Block;
  readonly blocks: readonly Block[];
  readonly foot: Block;
  /** What is said when blocks were left out, within `NOTE_ROOM` characters. */
  readonly rest: (left: number) => Block;
}

const NOTE_ROOM = 300;

/** As many blocks as fit into so many characters, in their order, and a note on the others. Nothing when none fits. */
function within(section: Section, room: number): string[] {
  let left = room - sizeOf(section.head) - sizeOf(section.foot) - NOTE_ROOM;
  const taken = section.blocks.filter((block) => {
    const size = sizeOf(block);
    if (size > left) return false;
    left -= size;
    return true;
  });
  const missing = section.blocks.length - taken.length;
  if (taken.length === 0) return missing > 0 && room > NOTE_ROOM ? [...section.rest(missing)] : [];
  return [...section.head, ...taken.flat(), ...section.foot, ...(missing > 0 ? section.rest(missing) : [])];
}

/** Sections one after the other, each in what the ones before it have left. */
export function fitAll(sections: readonly Section[], room: number): string[] {
  const lines: string[] = [];
  let left = room;
  for (const section of sections) {
    const taken = within(section, left);
    left -= sizeOf(taken);
    lines.push(...taken);
  }
  return lines;
}

/** With a line break after each. */
export const sizeOf = (lines: Block): number => lines.reduce((sum, line) => sum + line.length + 1, 0);
