// The names that a node's SQL mentions outside strings and comments, with their places.
import { lexemes } from './lexemes.ts';

export interface Mention {
  readonly name: string;
  /** Offsets in the SQL; the end is exclusive. Quotes of the name are inside. */
  readonly at: number;
  readonly end: number;
  /** It stands where a table can stand: after FROM or JOIN. */
  readonly isTable: boolean;
}

/** Every word, quoted or not: whoever asks knows which of them are names. */
export function mentionsIn(sql: string): Mention[] {
  const mentions: Mention[] = [];
  let isTable = false;
  for (const { kind, text, at, end } of lexemes(sql)) {
    if (kind === 'comment') continue;
    if (kind === 'word' || kind === 'name') mentions.push({ name: text, at, end, isTable });
    isTable = kind === 'word' && /^(?:FROM|JOIN)$/i.test(text);
  }
  return mentions;
}
