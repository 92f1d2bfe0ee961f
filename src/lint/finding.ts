// What lint has to say, and how findings of many tenants become one.
import type { Place } from '../model.ts';
import type { Way } from './ways.ts';

export type Rule =
  | 'optional-filter'
  | 'quoted-parameter'
  | 'unused-fixed-param'
  | 'optional-fixed-param'
  | 'or-beside-filter'
  | 'unfiltered-table'
  | 'star-from-landing'
  | 'sorting-key'
  | 'partition-by-tenant'
  | 'static-token-and-copies'
  | 'quarantine-readable'
  | 'throwing-cast'
  | 'unread';

/** One thing in one place. No value of a tenant is in it but the id of one, as an example. */
export interface Finding extends Place {
  readonly rule: Rule;
  /** `unsure`: only trying it shows whether it is wrong. */
  readonly level: 'warning' | 'unsure';
  readonly message: string;
  /** The corrected form; null when there is none. */
  readonly instead: string | null;
  /** For how many tenants. */
  readonly tenants: number;
  readonly example: string | null;
}

export type Found = Omit<Finding, 'tenants' | 'example'>;

/** Adds up, place by place. */
export class Findings {
  readonly #found = new Map<string, { found: Found; ways: Set<Way> }>();

  add(found: Found, ways: Iterable<Way>): void {
    const key = `${found.file}:${found.line}:${found.column}:${found.rule}:${found.message}`;
    const known = this.#found.get(key) ?? { found, ways: new Set() };
    this.#found.set(key, known);
    for (const way of ways) known.ways.add(way);
  }

  /** By file and line. */
  all(): Finding[] {
    const findings = [...this.#found.values()].map(({ found, ways }): Finding => {
      const [first] = ways;
      const tenants = [...ways].reduce((sum, way) => sum + way.tenants, 0);
      return { ...found, tenants, example: first?.tenant.id ?? null };
    });
    return findings.sort(
      (a, b) =>
        compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.message, b.message),
    );
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
