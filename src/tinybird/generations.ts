// The ports of a workspace, as its generation has them. Loaded once a workspace has said which it is.
import { assertNever } from '../errors.ts';
import { createClassicReader, createClassicWriter } from './classic.ts';
import { createReader, createWriter } from './forward.ts';
import type { Client } from './http.ts';
import type { Reader, Workspace, Writer } from './ports.ts';

interface Ports {
  readonly reader: Reader;
  readonly writer: Writer;
}

/** `tokens`: the client that may read and mint tokens. */
export function portsOf({ generation }: Workspace, client: Client, tokens: Client): Ports {
  switch (generation) {
    case 'forward':
      return { reader: createReader(client, tokens), writer: createWriter(client, tokens) };
    case 'classic':
      return { reader: createClassicReader(client, tokens), writer: createClassicWriter(client, tokens) };
    default:
      return assertNever(generation);
  }
}
