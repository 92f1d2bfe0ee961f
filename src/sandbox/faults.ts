// Faults that a test plants: the next requests to a route are delayed, answered wrongly or cut off.

export interface Fault {
  /** How many requests it hits; 1 unless told. */
  readonly times?: number;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is when a string, else as JSON. */
  readonly body?: unknown;
  /** Destroys the socket instead of answering. */
  readonly reset?: boolean;
  readonly delayMs?: number;
  /** Does the work first and breaks only the answer. */
  readonly after?: boolean;
}

interface Planted {
  readonly matches: RegExp;
  readonly fault: Fault;
  left: number;
}

export class Faults {
  #planted: Planted[] = [];

  /** `route` is a method and a path without query, e.g. `POST /v1/deployments/<id>/set-live`; `*` stands for anything. */
  plant(route: string, fault: Fault): void {
    const pattern = route.split('*').map((text) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
    this.#planted.push({ matches: new RegExp(`^${pattern.join('.*')}$`), fault, left: fault.times ?? 1 });
  }

  /** The fault that this request meets, if any; it is used up. */
  take(method: string, path: string): Fault | null {
    const planted = this.#planted.find(({ matches, left }) => left > 0 && matches.test(`${method} ${path}`));
    if (planted === undefined) return null;
    planted.left -= 1;
    return planted.fault;
  }

  clear(): void {
    this.#planted = [];
  }
}

/** True when the fault replaces the answer; a mere delay does not. */
export const breaksAnswer = (fault: Fault): boolean =>
  fault.reset === true ||
  fault.status !== undefined ||
  fault.body !== undefined ||
  fault.headers !== undefined;
