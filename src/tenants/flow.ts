// A value on its own: a JSON document, or what stands behind the colon of an ordinary YAML line.
import { type Entry, type Fault, type Node, type Reading, repeatedKeys, type Scalar } from './tree.ts';

const DEEPEST = 32;
const JSON_WORD = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;
/**
 * Words that mean the same to every YAML reader, in a flow and in a block: no indicator in front, single blanks between,
 * no colon or hash. A value beyond that is the library's.
 */
const YAML_WORD = /-?[\p{L}\p{N}_][\p{L}\p{N}_.@/+-]*(?: [\p{L}\p{N}_.@/+-]+)*/uy;

/** Reads one value; stops at the first fault. */
export class Flow {
  readonly #text: string;
  readonly #yaml: boolean;
  #at: number;

  /** With `yaml`, plain words are allowed, and a value has to end on its line. */
  constructor(text: string, options: { at: number; yaml: boolean }) {
    this.#text = text;
    this.#at = options.at;
    this.#yaml = options.yaml;
  }

  get at(): number {
    return this.#at;
  }

  skipBlanks(): void {
    const blanks = this.#yaml ? / */y : /[ \t\r\n]*/y;
    blanks.lastIndex = this.#at;
    blanks.test(this.#text);
    this.#at = blanks.lastIndex;
  }

  value(depth = 0): Node {
    if (depth > DEEPEST) throw new Unreadable(this.#at, 'nested too deeply');
    const first = this.#text[this.#at];
    if (first === '{') return this.#mapping(depth);
    return first === '[' ? this.#list(depth) : this.#scalar();
  }

  #mapping(depth: number): Node {
    const at = this.#at;
    const entries: Entry[] = [];
    this.#each('}', () => {
      const key = this.#scalar();
      if (!this.#yaml && !key.quoted) throw new Unreadable(key.at, 'a key needs double quotes');
      this.skipBlanks();
      this.#expect(this.#yaml ? ': ' : ':');
      this.skipBlanks();
      entries.push({ key: key.text, at: key.at, value: this.value(depth + 1) });
    });
    return { kind: 'mapping', at, entries };
  }

  #list(depth: number): Node {
    const at = this.#at;
    const items: Node[] = [];
    this.#each(']', () => items.push(this.value(depth + 1)));
    return { kind: 'list', at, items };
  }

  #each(close: string, read: () => void): void {
    this.#at += 1;
    this.skipBlanks();
    if (this.#text[this.#at] !== close) {
      read();
      this.skipBlanks();
      while (this.#text[this.#at] === ',') {
        this.#at += 1;
        this.skipBlanks();
        read();
        this.skipBlanks();
      }
    }
    this.#expect(close);
  }

  #expect(wanted: string): void {
    if (!this.#text.startsWith(wanted, this.#at)) {
      throw new Unreadable(this.#at, `expected "${wanted.trim()}" here`);
    }
    this.#at += wanted.length;
  }

  #scalar(): Scalar {
    const at = this.#at;
    const first = this.#text[at];
    if (first === '"' || (this.#yaml && first === "'")) {
      return { kind: 'scalar', at, text: this.#quoted(first), quoted: true };
    }
    const word = this.#yaml ? YAML_WORD : JSON_WORD;
    word.lastIndex = at;
    const found = word.exec(this.#text);
    if (found === null) {
      const what = first === undefined ? 'the text ends here' : 'not a value';
      throw new Unreadable(at, `${what}: expected a value`);
    }
    this.#at = word.lastIndex;
    return { kind: 'scalar', at, text: found[0], quoted: false };
  }

  #quoted(quote: string): string {
    const start = this.#at;
    let end = start + 1;
    while (end < this.#text.length && this.#text[end] !== quote && this.#text[end] !== '\n') {
      end += this.#text[end] === '\\' ? 2 : 1;
    }
    if (this.#text[end] !== quote) throw new Unreadable(start, 'the closing quote is missing');
    this.#at = end + 1;
    const inside = this.#text.slice(start + 1, end);
    if (!this.#yaml) return unescaped(this.#text.slice(start, end + 1), start);
    // Escapes, doubled quotes and line breaks differ between the two languages: the library knows.
    if (/[\\\r\t]/.test(inside) || this.#text[this.#at] === quote)
      throw new Unreadable(start, 'not ordinary');
    return inside;
  }
}

/** What a `Flow` throws: caught where it was made. */
export class Unreadable extends Error {
  readonly fault: Fault;

  constructor(at: number, message: string) {
    super(message);
    this.fault = { at, message };
  }
}

function unescaped(literal: string, at: number): string {
  try {
    return String(JSON.parse(literal));
  } catch {
    throw new Unreadable(at, 'a control character or an unknown escape in this text');
  }
}

/** A JSON document. Repeated keys are faults; `JSON.parse` would drop all but the last. */
export function readJson(text: string): Reading {
  const flow = new Flow(text, { at: 0, yaml: false });
  try {
    flow.skipBlanks();
    const root = flow.value();
    flow.skipBlanks();
    if (flow.at < text.length)
      throw new Unreadable(flow.at, 'something stands behind the end of the document');
    return { root, faults: repeats(root) };
  } catch (error) {
    if (error instanceof Unreadable) return { root: null, faults: [error.fault] };
    throw error;
  }
}

function repeats(node: Node): Fault[] {
  switch (node.kind) {
    case 'scalar':
      return [];
    case 'list':
      return node.items.flatMap(repeats);
    case 'mapping':
      return [...repeatedKeys(node.entries), ...node.entries.flatMap(({ value }) => repeats(value))];
  }
}
