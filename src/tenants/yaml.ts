// YAML with places. The library reads what is not written the ordinary way, and everything once something is wrong.
import {
  type Alias,
  type Document,
  type ErrorCode,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  parseDocument,
  type YAMLError,
} from 'yaml';
import { type Ordinary, ordinaryMapping, ordinaryTenants } from './ordinary.ts';
import { show } from './show.ts';
import { type Entry, type Fault, type Mapping, type Node, type Reading, repeatedKeys } from './tree.ts';

/** What aliases may add to what is written: enough for 100,000 tenants that share ten variables. */
const MOST_ALIASED = 2_000_000;
/** The library recurses; deeper than this nothing of ours goes. */
const DEEPEST = 100;
const MOST_FAULTS = 50;
const TEXT_TAG = 'tag:yaml.org,2002:str';

/** Where the library speaks to programmers. */
const MESSAGES: Partial<Record<ErrorCode, string>> = {
  MULTIPLE_DOCS: 'a second YAML document begins here; a file holds one',
  NON_STRING_KEY: 'a key has to be text',
  TAB_AS_INDENT: 'a tab as indentation; YAML wants blanks',
  RESOURCE_EXHAUSTION: 'nested too deeply',
};

/** A tenants list. */
export function readYaml(text: string): Reading {
  const ordinary = ordinaryTenants(text);
  if (ordinary === null) return readWithLibrary(text);
  if (ordinary.head !== null) return { root: withTenants(ordinary.head, ordinary), faults: [] };
  const rest = readWithLibrary(ordinary.text);
  const root = rest.faults.length === 0 ? joined(rest.root, ordinary) : null;
  return root === null ? readWithLibrary(text) : { root, faults: [] };
}

/** A document of one tenant. */
export function readYamlMapping(text: string): Reading {
  const root = ordinaryMapping(text);
  return root === null ? readWithLibrary(text) : { root, faults: [] };
}

function withTenants(head: Mapping, { tenantsAt, tenants }: Ordinary): Mapping {
  const value: Node = { kind: 'list', at: tenants[0]?.at ?? tenantsAt, items: tenants };
  return { ...head, entries: [...head.entries, { key: 'tenants', at: tenantsAt, value }] };
}

function joined(root: Node | null, ordinary: Ordinary): Mapping | null {
  if (root?.kind !== 'mapping') return null;
  const tenants = root.entries.find(({ at }) => at === ordinary.tenantsAt);
  if (tenants === undefined) return null;
  const { value } = tenants;
  if (value.kind === 'mapping' || (value.kind === 'scalar' && (value.quoted || value.text !== '')))
    return null;
  const others = value.kind === 'list' ? value.items : [];
  const items = [...ordinary.tenants, ...others].sort((left, right) => left.at - right.at);
  const list: Node = { kind: 'list', at: items[0]?.at ?? value.at, items };
  return { ...root, entries: root.entries.map((one) => (one === tenants ? { ...one, value: list } : one)) };
}

/** Everything by the library: slower, and the judge of what YAML is. */
export function readWithLibrary(text: string): Reading {
  const deep = tooDeep(text);
  if (deep !== null) return { root: null, faults: [deep] };
  // Failsafe: every scalar stays the text it is; what is a number is decided in one place, for all formats.
  const document = parseDocument(text, {
    schema: 'failsafe',
    prettyErrors: false,
    uniqueKeys: false,
    stringKeys: true,
    // With `silent`, a second document would go unnoticed.
    logLevel: 'error',
  });
  if (document.errors.length > 0) {
    return { root: null, faults: document.errors.slice(0, MOST_FAULTS).map(faultOf) };
  }
  return document.contents === null ? { root: null, faults: [] } : new Conversion().read(document);
}

function faultOf({ code, message, pos }: YAMLError): Fault {
  const said = `not YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
  return { at: pos[0], message: MESSAGES[code] ?? said };
}

/** Brackets and dashes count, also in texts and comments: nobody's list has a hundred of them open. */
function tooDeep(text: string): Fault | null {
  let depth = 0;
  for (const { 0: found, index } of text.matchAll(/[[\]{}]|(?:[-?] ){100}/g)) {
    depth = found === ']' || found === '}' ? Math.max(0, depth - 1) : depth + found.length;
    if (depth > DEEPEST) return { at: index, message: 'nested too deeply' };
  }
  return null;
}

/** From the library's nodes to ours; aliases share the node of their anchor, so that nothing is ever expanded. */
class Conversion {
  readonly #anchors = new Map<string, { node: Node; size: number }>();
  readonly #faults: Fault[] = [];
  #written = 0;
  #aliased = 0;

  read(document: Document.Parsed): Reading {
    const root = this.#node(document.contents, 0);
    return { root: this.#aliased > MOST_ALIASED ? null : root, faults: this.#faults };
  }

  #node(node: unknown, fallback: number): Node {
    const size = this.#written + this.#aliased;
    if (isAlias(node)) return this.#alias(node, fallback);
    const anchor = isMap(node) || isSeq(node) || isScalar(node) ? node.anchor : undefined;
    // Gone while its own content is read: an anchor cannot hold itself.
    if (anchor !== undefined) this.#anchors.delete(anchor);
    this.#written += 1;
    const read = this.#content(node, fallback);
    if (anchor !== undefined) {
      this.#anchors.set(anchor, { node: read, size: this.#written + this.#aliased - size });
    }
    return read;
  }

  #content(node: unknown, fallback: number): Node {
    if (isScalar(node)) {
      const at = node.range?.[0] ?? fallback;
      const quoted = node.type !== 'PLAIN' || node.tag === TEXT_TAG;
      if (node.tag !== TEXT_TAG) this.#refuseTag(node.tag, at);
      return { kind: 'scalar', at, text: String(node.value), quoted };
    }
    if (isSeq(node)) {
      const at = node.range?.[0] ?? fallback;
      this.#refuseTag(node.tag, at);
      return { kind: 'list', at, items: node.items.map((item) => this.#node(item, at)) };
    }
    if (isMap(node)) {
      const at = node.range?.[0] ?? fallback;
      this.#refuseTag(node.tag, at);
      const entries = node.items.map((pair) => this.#entry(pair, at));
      for (const fault of repeatedKeys(entries)) this.#faults.push(fault);
      return { kind: 'mapping', at, entries };
    }
    return { kind: 'scalar', at: fallback, text: '', quoted: false };
  }

  #entry(pair: unknown, fallback: number): Entry {
    const key = isPair(pair) && isScalar<string>(pair.key) ? pair.key : null;
    const at = key?.range?.[0] ?? fallback;
    return { key: key?.value ?? '', at, value: this.#node(isPair(pair) ? pair.value : null, at) };
  }

  #alias(alias: Alias, fallback: number): Node {
    const at = alias.range?.[0] ?? fallback;
    const anchor = this.#anchors.get(alias.source);
    if (anchor === undefined) {
      this.#faults.push({ at, message: `the alias ${show(alias.source)} has no anchor before it` });
      return { kind: 'scalar', at, text: '', quoted: false };
    }
    const before = this.#aliased;
    this.#aliased += anchor.size;
    if (before <= MOST_ALIASED && this.#aliased > MOST_ALIASED) {
      this.#faults.push({ at, message: `the aliases up to here stand for more than ${MOST_ALIASED} values` });
    }
    return anchor.node;
  }

  #refuseTag(tag: string | undefined, at: number): void {
    if (tag !== undefined) {
      this.#faults.push({ at, message: `the tag ${show(tag)} is not supported; quotes make a text` });
    }
  }
}
