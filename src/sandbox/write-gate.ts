// Direct writes run side by side; the instant at which a deployment takes its snapshots runs alone, between them.
import { createLock, type Lock } from './engine/lock.ts';

export interface WriteGate {
  write: Lock['shared'];
  cut: Lock['exclusive'];
}

/** One per workspace. The engine's own lock is held inside and only for single inserts; this one spans a write to all tables of a name. */
export function createWriteGate(): WriteGate {
  const lock = createLock();
  return { write: (work) => lock.shared(work), cut: (work) => lock.exclusive(work) };
}
