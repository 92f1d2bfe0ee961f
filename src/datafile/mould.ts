// A datafile with gaps, parsed and printed once: values are poured into it, where parser and printer would keep them as they are.
import { printDatafile, printGrants } from './print.ts';
import type { Datafile, Grant, Node, Setting } from './types.ts';

// Unicode's private use area: one character a gap, so that no gap looks like another or is cut in two.
const FIRST = 0xe000;
/** In one mould. */
export const MOST_GAPS = 0x18ff;
const GAPS = /[\ue000-\uf8ff]/g;
/** The one that is left stands for the token lines in what is printed. */
const LINES = String.fromCharCode(FIRST + MOST_GAPS);

/** Stands for the nth value in a text that is parsed for a mould. */
export const gap = (n: number): string => String.fromCharCode(FIRST + n);

/** Whether a text could be taken for a gap. */
export const looksLikeGap = (text: string): boolean => text.search(GAPS) >= 0;

export interface Mould {
  /** The datafile with these values in its gaps. */
  readonly pour: (name: string, values: readonly string[]) => Datafile;
  /** What `printDatafile` gives for it with these grants instead of its own. */
  readonly print: (datafile: Datafile, values: readonly string[], grants: readonly Grant[]) => string;
}

/**
 * `gaps`: how many the text had that the datafile was parsed from. Null unless each of them is now, once, in a
 * description, in SQL or in the value of a setting.
 */
export function mouldOf(datafile: Datafile, gaps: number): Mould | null {
  const description = castOf(datafile.description);
  const nodes = datafile.kind === 'pipe' ? datafile.nodes.map(castNode) : [];
  const printed = castOf(printDatafile({ ...datafile, grants: [] }));
  const [before = '', after = ''] = printDatafile({
    ...datafile,
    grants: [{ token: LINES, permission: 'READ' }],
  }).split(`TOKEN "${LINES}" READ`);
  const around = [castOf(before), castOf(after)] as const;
  const found = [description, ...nodes.flatMap(({ casts }) => casts)].flatMap((cast) => cast.gaps);
  const isWhole = [found, printed.gaps, around.flatMap((cast) => cast.gaps)].every(
    (all) => all.length === gaps && new Set(all).size === gaps,
  );
  if (!isWhole) return null;
  return {
    pour: (name, values) => {
      const text = poured(description, values);
      if (datafile.kind === 'datasource') return { ...datafile, name, description: text };
      return { ...datafile, name, description: text, nodes: nodes.map(({ fill }) => fill(values)) };
    },
    print: (own, values, grants) => {
      if (grants.length === 0) return poured(printed, values);
      return poured(around[0], values) + printGrants(own, grants) + poured(around[1], values);
    },
  };
}

/** A text cut at its gaps: one piece more than there are gaps. */
interface Cast {
  readonly pieces: readonly string[];
  readonly gaps: readonly number[];
}

const castOf = (text: string): Cast => ({
  pieces: text.split(GAPS),
  gaps: [...text.matchAll(GAPS)].map(([mark]) => mark.charCodeAt(0) - FIRST),
});

function poured({ pieces, gaps }: Cast, values: readonly string[]): string {
  const [first = ''] = pieces;
  if (gaps.length === 0) return first;
  const all = [first];
  for (let n = 0; n < gaps.length; n += 1) all.push(values[gaps[n] ?? -1] ?? '', pieces[n + 1] ?? '');
  // Whoever reads a text that was added up piece by piece makes it one text first, and then there are both.
  return all.join('');
}

function castNode(node: Node): { readonly casts: readonly Cast[]; readonly fill: Fill } {
  const description = castOf(node.description);
  const sql = castOf(node.sql);
  const settings = node.settings.map(({ value }) => castOf(value));
  const casts = [description, sql, ...settings];
  if (casts.every((cast) => cast.gaps.length === 0)) return { casts, fill: () => node };
  const set = ({ command, value }: Setting, n: number, values: readonly string[]): Setting => {
    const cast = settings[n];
    return { command, value: cast === undefined ? value : poured(cast, values) };
  };
  const isSame = settings.every((cast) => cast.gaps.length === 0);
  const fill: Fill = (values) => ({
    ...node,
    description: poured(description, values),
    sql: poured(sql, values),
    settings: isSame ? node.settings : node.settings.map((setting, n) => set(setting, n, values)),
  });
  return { casts, fill };
}

type Fill = (values: readonly string[]) => Node;
