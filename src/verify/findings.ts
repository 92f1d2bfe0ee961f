// What the answers have shown so far: leaks once for each token and resource, what was refused, what was read.
import * as z from 'zod';
import { type Answer, curlOf, isAnswered, type Question, shown } from './ask.ts';
import type { Ground, Held } from './ground.ts';
import { hintsIn, marksIn } from './marks.ts';
import type { Leak, LeakKind, RefusedOwn } from './proof.ts';

export interface Told {
  readonly held: Held;
  readonly question: Question;
  readonly answer: Answer;
}

export class Findings {
  readonly leaks = new Map<string, Leak>();
  readonly refusedOwn = new Map<string, RefusedOwn>();
  readonly notes = new Set<string>();
  readonly notTried = new Set<string>();
  /** By tenant's id: own resources and shared ones that answered. */
  readonly reads = new Map<string, Set<string>>();
  /** By tenant's id: everything that was asked. */
  readonly asked = new Map<string, Set<string>>();
  tried = 0;
  answered = 0;
  readonly #ground: Ground;
  readonly #places: ReadonlyMap<string, number>;

  constructor(ground: Ground) {
    this.#ground = ground;
    this.#places = new Map(ground.tenants.map(({ id }, place) => [id, place]));
  }

  /** Looks at an answer. Gives the places of other tenants of whom it may show something. */
  see(told: Told): ReadonlySet<number> {
    const { held, question, answer } = told;
    this.tried += 1;
    addTo(this.asked, held.tenant.id, question.resource);
    const marks = this.#others(held, marksIn(answer.text));
    if (marks.size > 0) {
      this.leak(told, { kind: 'rows', of: this.#ids(marks), why: 'the answer has values of their rows' });
    }
    if (!isAnswered(answer)) {
      if (answer.status === 501 && question.path.endsWith('/copy'))
        this.notTried.add('copy runs, which the sandbox does not have');
      return new Set();
    }
    this.#seeAnswered(told);
    return this.#others(held, hintsIn(answer.text));
  }

  #seeAnswered(told: Told): void {
    const { held, question, answer } = told;
    const { wants, owner, resource } = question;
    if (wants === 'change') {
      const why = 'a request that changes what others have was accepted';
      this.leak(told, { kind: 'change', of: owner === null ? [] : [owner], why });
    } else if (wants === 'closed') {
      if (!EMPTY.test(answer.text)) {
        const kind = resource === '/v0/tokens' ? 'tokens' : 'names';
        this.leak(told, { kind, of: [], why: 'a token of a tenant must not see this at all' });
      }
    } else if (wants === 'list') {
      const { of, beside } = this.#named(told);
      if (of.length > 0) this.leak(told, { kind: 'names', of, why: 'it lists what belongs to them' });
      if (beside)
        this.notes.add(`${resource} tells the tokens of ${held.tenant.set} names of what other tenants have`);
    } else if (owner !== null && owner !== held.tenant.id) {
      this.leak(told, { kind: 'resource', of: [owner], why: `it belongs to ${owner}, and answered` });
    } else {
      addTo(this.reads, held.tenant.id, resource);
    }
  }

  /** An own question that has to be answered. */
  own({ held, question, answer }: Told, guessed: boolean): void {
    if (isAnswered(answer)) {
      this.answered += 1;
      return;
    }
    const said = shown(answer);
    const { resource } = question;
    if (guessed && answer.status === 400) {
      this.notes.add(
        `${resource} did not answer its own token, which may be because of the parameters that were tried: ${said}`,
      );
      return;
    }
    const { tenant, role } = held;
    const refused = { tenant: tenant.id, role, resource, why: said, curl: curlOf(question) };
    this.refusedOwn.set(`${tenant.id} ${role} ${resource}`, refused);
  }

  leak(
    { held, question }: { readonly held: Pick<Held, 'tenant' | 'role'>; readonly question: Question },
    { kind, of, why }: { readonly kind: LeakKind; readonly of: readonly string[]; readonly why: string },
  ): void {
    const { tenant, role } = held;
    const { resource } = question;
    const key = `${tenant.id} ${role} ${resource} ${kind === 'counts' ? 'rows' : kind}`;
    if (this.leaks.has(key)) return;
    this.leaks.set(key, { kind, tenant: tenant.id, role, resource, of, why, curl: curlOf(question) });
  }

  /** Whether a token of the tenant has shown something. */
  hasLeaked(id: string): boolean {
    return this.leaks.values().some(({ tenant }) => tenant === id);
  }

  placeOf(id: string): number {
    return this.#places.get(id) ?? -1;
  }

  /** Ids by place; somebody beyond the list is `?`. */
  #ids(places: ReadonlySet<number>): string[] {
    const ids = [...places].sort((a, b) => a - b).map((place) => this.#ground.tenants[place]?.id ?? '?');
    return [...new Set(ids)];
  }

  idsOf(places: ReadonlySet<number>): string[] {
    return this.#ids(places);
  }

  #others({ tenant }: Held, places: Set<number>): ReadonlySet<number> {
    places.delete(this.placeOf(tenant.id));
    return places;
  }

  /** Whose resources it lists, and whether it names any in what it says of others, such as who reads a data source. */
  #named({ held, answer }: Told): { of: string[]; beside: boolean } {
    const { datasources, pipes } = this.#ground;
    const ownersOf = (names: readonly string[]) => {
      const owners = names.flatMap((name) => (datasources.get(name) ?? pipes.get(name))?.tenant?.id ?? []);
      return [...new Set(owners)].filter((id) => id !== held.tenant.id);
    };
    const parsed = Listed.safeParse(JSON.parse(answer.text));
    const items = parsed.success ? Object.values(parsed.data).flat() : [];
    const named = [...answer.text.matchAll(/"name": ?"([^"]*)"/g)].map(([, name = '']) => name);
    return { of: ownersOf(items.map(({ name }) => name)), beside: ownersOf(named).length > 0 };
  }
}

/** `{"pipes": [{"name": …}]}`. */
const Listed = z.record(z.string(), z.array(z.object({ name: z.string() })));
/** `{"jobs": []}`. */
const EMPTY = /^\s*(?:\{\s*"\w+":\s*\[\s*\]\s*\}|\[\s*\])\s*$/;

function addTo(map: Map<string, Set<string>>, key: string, value: string): void {
  const found = map.get(key) ?? new Set<string>();
  map.set(key, found.add(value));
}
