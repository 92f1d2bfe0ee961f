// Loaded into the action before it starts: notes in order whatever leaves the process, for a stream, a file or a server.
import { subscribe } from 'node:diagnostics_channel';
import fs from 'node:fs';
import type { Note } from './journal.ts';

const { writeFileSync } = fs;
const journal = process.env.JOURNAL ?? '';

function note(to: string, data: unknown): void {
  const text = data instanceof Uint8Array ? Buffer.from(data).toString() : data;
  const entry: Note = { to, text: typeof text === 'string' ? text : '' };
  writeFileSync(journal, `${JSON.stringify(entry)}\n`, { flag: 'a' });
}

/** From here on this function also tells what it is called with, and takes what telling gives. */
function watch(owner: object, name: string, tell: (args: unknown[]) => unknown[]): void {
  const original: unknown = Reflect.get(owner, name);
  if (typeof original !== 'function') throw new Error(`there is no ${name} to watch`);
  const watched = new Proxy(original, {
    apply(target, self, args): unknown {
      return Reflect.apply(target, self, tell(args));
    },
  });
  Reflect.set(owner, name, watched);
}

const toStream = (name: string) => (args: unknown[]) => {
  note(name, args[0]);
  return args;
};
watch(process.stdout, 'write', toStream('stdout'));
watch(process.stderr, 'write', toStream('stderr'));
/** What comes piece by piece is told as a whole. */
function toFile([path, data, ...more]: unknown[]): unknown[] {
  const isPieces = typeof data === 'object' && data !== null && !(data instanceof Uint8Array);
  const whole = isPieces && Symbol.iterator in data ? [...(data as Iterable<unknown>)].join('') : data;
  note(String(path), whole);
  return [path, whole, ...more];
}
// What is appended to a file goes through it too.
watch(fs, 'writeFileSync', toFile);
watch(fs.promises, 'writeFile', toFile);
watch(fs.promises, 'appendFile', toFile);

/** Of a request only what anybody on the way may write down: never its headers. */
subscribe('undici:request:create', (message) => {
  const { request } = message as { request: { method: string; path: string; body: unknown } };
  note(`${request.method} ${request.path}`, request.body);
});
