// The shapes that one template takes for different tenants. Each is parsed once; whoever has the same gets its values poured in.
import { gap, looksLikeGap, MOST_GAPS, type Mould, mouldOf } from '../datafile/mould.ts';
import { parseDatafile } from '../datafile/parse.ts';
import type { Datafile, Grant } from '../datafile/types.ts';
import { finished, type Scope, type Sink, walk } from './fill.ts';
import type { Keeps } from './lines.ts';
import type { Hole } from './pieces.ts';
import type { Template } from './template.ts';

/** Of one template. Where a value that is read differs for each tenant, a mould is as much work as what it saves. */
const MOST_SHAPES = 1_000;

export interface Cast {
  readonly datafile: Datafile;
  /** The datafile as text, with these grants instead of its own. */
  readonly print: (grants: readonly Grant[]) => string;
}

export class Moulds {
  readonly #template: Template;
  readonly #extension: string;
  /** Null for a shape whose gaps do not all stay what they are. */
  readonly #byShape = new Map<string, Mould | null>();

  constructor(template: Template, kind: Datafile['kind']) {
    this.#template = template;
    this.#extension = kind;
  }

  /** What filling and parsing would give; null where only they can tell. Throws a Misfit as filling does. */
  cast(scope: Scope, name: string): Cast | null {
    const shape = new Shape(this.#template.kept);
    walk(this.#template, scope, shape);
    const { key } = shape;
    let mould = this.#byShape.get(key);
    if (mould === undefined && this.#byShape.size < MOST_SHAPES) {
      mould = this.#made(scope);
      this.#byShape.set(key, mould);
    }
    if (mould === undefined || mould === null || !shape.fits) return null;
    const { pour, print } = mould;
    // Without the room that an array has which has grown.
    const values = shape.values.slice();
    const datafile = pour(name, values);
    return { datafile, print: (grants) => print(datafile, values, grants) };
  }

  #made(scope: Scope): Mould | null {
    const marked = new Marked(this.#template.kept);
    walk(this.#template, scope, marked);
    if (marked.gaps > MOST_GAPS || marked.isTaken) return null;
    const parsed = parseDatafile(`mould.${this.#extension}`, finished(marked.whole));
    return parsed.ok ? mouldOf(parsed.value, marked.gaps) : null;
  }
}

/** Everything that the parser sees: the ways taken, and the values that it reads. The others are what is poured. */
class Shape implements Sink {
  readonly values: string[] = [];
  key = '';
  /** Whether each value is one that the parser keeps as it is. */
  fits = true;
  readonly #kept: ReadonlyMap<Hole, Keeps>;

  constructor(kept: ReadonlyMap<Hole, Keeps>) {
    this.#kept = kept;
  }

  text(): void {}

  value(hole: Hole, written: string): void {
    const keeps = this.#kept.get(hole);
    if (keeps === undefined) {
      // No value has a control character.
      this.key += `\u0000${written}\u0000`;
    } else {
      this.values.push(written);
      this.fits &&= FITS[keeps].test(written);
    }
  }

  way(taken: number): void {
    this.key += `${taken};`;
  }
}

/**
 * No brace or percent sign, which may open what Tinybird evaluates or turn its templates on; no `>` in front, which opens a
 * block; no blank at an end, where lines are trimmed; nothing that looks like a gap.
 */
const FITS: Readonly<Record<Keeps, RegExp>> = {
  text: /^(?![\s>])[^{%\ue000-\uf8ff]+(?<!\s)$/,
  name: /^\w+$/,
};

/** The text with a gap for each value that is kept. */
class Marked implements Sink {
  whole = '';
  gaps = 0;
  /** Whether something else looks like a gap. */
  isTaken = false;
  readonly #kept: ReadonlyMap<Hole, Keeps>;

  constructor(kept: ReadonlyMap<Hole, Keeps>) {
    this.#kept = kept;
  }

  text({ text }: { readonly text: string }): void {
    this.isTaken ||= looksLikeGap(text);
    this.whole += text;
  }

  value(hole: Hole, written: string): void {
    if (this.#kept.has(hole)) {
      this.whole += gap(this.gaps);
      this.gaps += 1;
    } else this.text({ text: written });
  }

  way(): void {}
}
