// A list of the workspace, checked and turned into ours; of a long one neither the text nor the raw items are all there at a time.
import * as z from 'zod';
import { MAX_READ_FOR_PEOPLE, sayIssue } from './api-error.ts';
import type { Collector } from './exchange.ts';
import { type Batch, Cutter } from './items.ts';

export interface ListOf<T> {
  /** Member of the answer. */
  readonly member: string;
  /** Member that holds the list where the other one does not. */
  readonly otherwise?: string;
  readonly item: z.ZodType<T>;
}

export type Listed<T> =
  | { readonly form: 'list'; readonly items: T[] }
  /** What is not as expected. */
  | { readonly form: 'other'; readonly said: string }
  /** Of the text, with whatever tokens are in it. */
  | { readonly form: 'not-json'; readonly beginning: string };

export interface ListCollector<T> extends Collector {
  /** Once, after all of it. */
  end(): Listed<T>;
}

interface Sizes {
  /** Characters up to which the whole text is parsed at once: it takes little room, and less time than to cut it. */
  readonly whole?: number;
  /** Characters of items that are looked at together, at least. */
  readonly batch?: number;
}
const SHORT = 4 * 1024 * 1024;

export function collectList<T>(
  { member, otherwise = member, item }: ListOf<T>,
  { whole: short = SHORT, batch }: Sizes = {},
): ListCollector<T> {
  const cutter = new Cutter((name) => name === member || name === otherwise, batch);
  const gathered = new Gathered(item);
  let beginning = '';
  let uncut: string | null = '';
  return {
    add(text) {
      beginning += text.slice(0, MAX_READ_FOR_PEOPLE - beginning.length);
      const more: string = (uncut ?? '') + text;
      uncut = uncut !== null && more.length <= short ? more : null;
      if (uncut === null) for (const batch of cutter.add(more)) gathered.take(batch);
    },
    get held() {
      return uncut?.length ?? cutter.held;
    },
    end() {
      const whole = gathered.isJson ? parsed(uncut ?? cutter.end()) : NOT_JSON;
      if (whole === NOT_JSON) return { form: 'not-json', beginning };
      if (uncut !== null) for (const name of [member, otherwise]) gathered.takeFrom(whole, name);
      const [first, second] = [gathered.of(whole, member), gathered.of(whole, otherwise)];
      return second.form === 'list' && first.form !== 'list' ? second : first;
    },
  };
}

/** The items that have come, by member. */
class Gathered<T> {
  readonly #shape: z.ZodType<T[]>;
  readonly #lists = new Map<string, Listed<T>>();
  isJson = true;

  constructor(item: z.ZodType<T>) {
    this.#shape = z.array(item);
  }

  /** Whatever follows a mistake is dropped, but has to come: while it may still break off, all may be asked for again. */
  take({ member, text, starts, ends }: Batch): void {
    const raw = this.isJson ? parsed(`[${text}]`) : NOT_JSON;
    this.isJson = Array.isArray(raw) && (raw.length > 0 || (starts && ends));
    // A member that comes twice is what it is the last time, as in any JSON.
    const list = (starts ? undefined : this.#lists.get(member)) ?? { form: 'list', items: [] };
    if (Array.isArray(raw) && this.isJson && list.form === 'list')
      this.#check(raw, { member, items: list.items, jitless: false });
  }

  /** The items of a whole answer. */
  takeFrom(whole: unknown, member: string): void {
    const raw: unknown = typeof whole === 'object' && whole !== null ? Reflect.get(whole, member) : undefined;
    // For a few items, code made for them would take longer to make than it saves.
    if (Array.isArray(raw)) this.#check(raw, { member, items: [], jitless: raw.length < FEW });
  }

  #check(raw: readonly unknown[], { member, items, jitless }: Place<T>): void {
    const { data, error } = this.#shape.safeParse(raw, { jitless });
    if (error !== undefined) {
      const said = sayIssue(error, { member, before: items.length });
      this.#lists.set(member, { form: 'other', said });
      return;
    }
    for (const each of data) items.push(each);
    this.#lists.set(member, { form: 'list', items });
  }

  /** `whole`: the answer without the items. */
  of(whole: unknown, member: string): Listed<T> {
    // Once for each answer: generated code would cost more than it saves.
    const { error } = z.object({ [member]: z.array(z.unknown()) }).safeParse(whole, { jitless: true });
    if (error !== undefined) return { form: 'other', said: sayIssue(error) };
    return this.#lists.get(member) ?? { form: 'list', items: [] };
  }
}

/** What has come of the member before. */
interface Place<T> {
  readonly member: string;
  readonly items: T[];
  readonly jitless: boolean;
}

const FEW = 50;
const NOT_JSON = Symbol('not JSON');

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return NOT_JSON;
  }
}
