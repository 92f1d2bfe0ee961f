// Puts stable names in place of what differs from run to run: values, ids, commits, hashes, folders, ports and times.
import type { Stage } from './stage.ts';
import { isHandedOut, type TokenHistory } from './tokens.ts';
import type { Token } from './workspace.ts';

const HOUR_MS = 3_600_000;
const STATIC_TOKEN = /(?<![A-Za-z0-9])p\.[\w-]{6,}\.[\w-]{6,}/g;
const JWT = /(?<![A-Za-z0-9])eyJ[\w-]+\.([\w-]+)\.[\w-]+/g;
const UUID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;
const HASH = /\b[0-9a-f]{16}\b/g;
/** In the hidden marker of a comment; ids of tokens are part of it. */
const DIGEST = /(?<=")[0-9a-f]{8}(?=")/g;
const EXPIRY = /(?<=expiration_time=)\d+/g;
/** In the question for the uses of tokens, as an address writes it. */
const SINCE = /(?<=toDateTime%28)\d+/g;
/** As a workspace's lists write it, in UTC. */
const LISTED = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/** In the name of a token that follows another one. */
const MADE = /__(\d{14})(?!\d)/g;

/** What a refusal suggests: some days from now. */
const LAST_DAY = /(?<=until: )\d{4}-\d\d-\d\d\b/g;

/** One for a whole scenario, so that the same thing has the same name in all its steps. */
export class Placeholders {
  readonly #stage: Stage;
  readonly #counted = new Map<string, Map<string, number>>();
  /** Values and ids of tokens, to what they are called: `value of acme_read`. */
  readonly #tokens = new Map<string, string>();
  /** How many values and ids the token of a name has had. */
  readonly #had = new Map<string, number>();
  tokens: TokenHistory = { before: new Map(), now: new Map() };

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** To be called after each run: tokens come and go. */
  async learn(): Promise<void> {
    const tokens = await this.#stage.workspace.tokens();
    for (const { id, name, token } of tokens) {
      this.#call('id', id, name);
      this.#call('value', token, name);
    }
    const now = new Map(tokens.filter(isHandedOut).map((token): [string, Token] => [token.name, token]));
    this.tokens = { before: this.tokens.now, now };
  }

  #call(what: 'id' | 'value', text: string, name: string): void {
    if (this.#tokens.has(text)) return;
    const nth = (this.#had.get(`${what} ${name}`) ?? 0) + 1;
    this.#had.set(`${what} ${name}`, nth);
    this.#tokens.set(text, `${what}${nth === 1 ? '' : ` ${nth}`} of ${name}`);
  }

  /** `<kind 1>`, `<kind 2>`, … in the order of appearance. */
  named(kind: string, value: string): string {
    const known = this.#counted.get(kind) ?? new Map<string, number>();
    this.#counted.set(kind, known);
    const nth = known.get(value) ?? known.size + 1;
    known.set(value, nth);
    return `<${kind} ${nth}>`;
  }

  fill(text: string): string {
    return this.#places(text)
      .replace(STATIC_TOKEN, (value) => this.#ofToken('value', value))
      .replace(JWT, (_, payload: string) => `<JWT ${nameIn(payload)}>`)
      .replace(UUID, (id) => this.#ofToken('id', id))
      .replace(MADE, (_, time: string) => `__${this.named('time', time)}`)
      .replace(HASH, (hash) => this.named('checksum', hash))
      .replace(DIGEST, (digest) => this.named('digest', digest))
      .replace(LAST_DAY, '<in two weeks>')
      .replace(EXPIRY, (seconds) => fromNow(Number(seconds) * 1000))
      .replace(SINCE, (seconds) => fromNow(Number(seconds) * 1000))
      .replace(LISTED, listed)
      .replace(TIME, (time) => fromNow(Date.parse(time)));
  }

  #places(text: string): string {
    const { sandbox, github, action, folder, temp, commits } = this.#stage;
    const places: [string, string][] = [
      [sandbox.url, '<tinybird>'],
      [github.url, '<github>'],
      [sandbox.workspace.id, '<workspace id>'],
      // As the comment's marker writes it.
      [sandbox.workspace.id.replaceAll('-', '\\u002d'), '<workspace id>'],
      [folder, '<checkout>'],
      [temp, '<runner temp>'],
      [action.entry, '<action>'],
      ...commits.flatMap((sha, nth): [string, string][] => [
        [sha, `<commit ${nth}>`],
        [sha.slice(0, 7), `<commit ${nth}>`],
      ]),
    ];
    return places.reduce((done, [value, name]) => done.replaceAll(value, name), text);
  }

  #ofToken(what: 'value' | 'id', text: string): string {
    const called = this.#tokens.get(text);
    return called === undefined ? this.named(what, text) : `<${called}>`;
  }
}

/** To the hour: a run takes seconds. */
export function fromNow(ms: number): string {
  const hours = Math.round((ms - Date.now()) / HOUR_MS);
  return hours < 0 ? `<${-hours} h ago>` : `<in ${hours} h>`;
}

/** Events have times of their own. */
function listed(time: string): string {
  const since = Date.now() - Date.parse(`${time.replace(' ', 'T')}Z`);
  return Math.abs(since) < HOUR_MS ? '<a moment ago>' : time;
}

function nameIn(payload: string): string {
  const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
  return String(typeof claims === 'object' && claims !== null ? Reflect.get(claims, 'name') : claims);
}
