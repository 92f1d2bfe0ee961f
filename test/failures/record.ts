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

/** From here on this function also tells what it is called with. */
function watch(owner: object, name: string, tell: (args: readonly unknown[]) => void): void {
  const original: unknown = Reflect.get(owner, name);
  if (typeof original !== 'function') throw new Error(`there is no ${name} to watch`);
  const watched = new Proxy(original, {
    apply(target, self, args): unknown {
      tell(args);
      return Reflect.apply(target, self, args);
    },
  });
  Reflect.set(owner, name, watched);
}

watch(process.stdout, 'write', ([data]) => note('stdout', data));
watch(process.stderr, 'write', ([data]) => note('stderr', data));
const toFile = ([path, data]: readonly unknown[]): void => note(String(path), data);
// What is appended to a file goes through it too.
watch(fs, 'writeFileSync', toFile);
watch(fs.promises, 'writeFile', toFile);
watch(fs.promises, 'appendFile', toFile);

/** Of a request only what anybody on the way may write down: never its headers. */
subscribe('undici:request:create', (message) => {
  const { request } = message as { request: { method: string; path: string; body: unknown } };
  note(`${request.method} ${request.path}`, request.body);
});
