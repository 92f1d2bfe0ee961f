// Faults on demand: what the small GitHub does instead of (or after) doing what it was asked.
import { operations } from './description.ts';

/** `answer`: this instead of the real one. `reset`: the connection breaks. `after`: the request takes effect first. */
export type Fault = {
  /** How often; default once. */
  readonly times?: number;
  /** Requests to let pass before. */
  readonly skip?: number;
  /** The effect happens, only its answer is lost or replaced. */
  readonly after?: boolean;
} & (
  | {
      readonly status: number;
      readonly message: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly reset: true }
);

interface Pending {
  readonly fault: Fault;
  skip: number;
  left: number;
}

/** Faults by route, in the order they were asked for. */
export class Faults {
  readonly #pending = new Map<string, Pending[]>();

  /** @param route method and path as GitHub's description writes it; an unknown one throws. */
  add(route: string, fault: Fault): void {
    if (!operations.some((operation) => routeOf(operation) === route)) {
      throw new Error(`${route}: no such route in GitHub's description`);
    }
    const queue = this.#pending.get(route) ?? [];
    this.#pending.set(route, [...queue, { fault, skip: fault.skip ?? 0, left: fault.times ?? 1 }]);
  }

  /** The fault for this request, if one is due. */
  take(route: string): Fault | null {
    const due = this.#pending.get(route)?.find((each) => each.left > 0);
    if (due === undefined) return null;
    if (due.skip > 0) {
      due.skip -= 1;
      return null;
    }
    due.left -= 1;
    return due.fault;
  }

  clear(): void {
    this.#pending.clear();
  }
}

export const routeOf = (operation: { readonly method: string; readonly template: string }): string =>
  `${operation.method} ${operation.template}`;
