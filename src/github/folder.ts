// A folder of the repository at a commit, with the folders in it, in as few requests as the API allows: what Git says is in the checkout too is taken from there.
import { hash } from 'node:crypto';
import { readContent, textOf } from './base.ts';
import type { Client } from './client.ts';

export interface FolderAsked {
  /** Relative to the repository's root. */
  readonly path: string;
  readonly ref: string;
  /** Whether a folder in it may hold files that are wanted. */
  readonly wantsFolder: (name: string) => boolean;
  /** @param name below the folder, e.g. `own-table/set.yaml`. */
  readonly wantsFile: (name: string) => boolean;
  /** A file of the checkout by its path; null when it has none. */
  readonly here: (path: string) => Promise<Uint8Array | null>;
}

export type FolderRead =
  /** Texts by their names below the folder. */
  | { readonly kind: 'files'; readonly files: ReadonlyMap<string, string> }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly reason: string };

/** One request each: more is not worth it for a comparison that is only shown. */
const MOST_REQUESTS = 200;
/** Longer lists end there without a word: https://docs.github.com/en/rest/repos/contents#get-repository-content */
const LONGEST_LIST = 1_000;

export async function readFolderAt(client: Client, asked: FolderAsked): Promise<FolderRead> {
  const root = await list(client, asked.path, asked);
  if (root.kind !== 'entries') return root;
  const folders = root.entries.filter(({ type, name }) => type === 'dir' && asked.wantsFolder(name));
  if (folders.length > MOST_REQUESTS) return tooMany(folders.length, 'folders');
  const inside = await Promise.all(
    folders.map(async ({ name, path }) => ({ name, listed: await list(client, path, asked) })),
  );
  const found: Named[] = root.entries.map((entry) => ({ ...entry, below: entry.name }));
  for (const { name, listed } of inside) {
    if (listed.kind !== 'entries')
      return unknown(listed.kind === 'absent' ? `${name} is gone` : listed.reason);
    for (const entry of listed.entries) found.push({ ...entry, below: `${name}/${entry.name}` });
  }
  return readFiles(
    client,
    asked,
    found.filter(({ type, below }) => (type === 'file' || type === 'symlink') && asked.wantsFile(below)),
  );
}

interface Entry {
  readonly type: string;
  readonly name: string;
  readonly path: string;
  /** Git's name for the content. */
  readonly sha: string;
}
type Named = Entry & { readonly below: string };

async function readFiles(
  client: Client,
  { ref, here }: FolderAsked,
  wanted: readonly Named[],
): Promise<FolderRead> {
  const files = new Map<string, string>();
  const other: Named[] = [];
  for (const file of wanted) {
    const bytes = file.type === 'file' ? await here(file.path) : null;
    if (bytes !== null && blobName(bytes) === file.sha)
      files.set(file.below, Buffer.from(bytes).toString('utf8'));
    else other.push(file);
  }
  if (other.length > MOST_REQUESTS) return tooMany(other.length, 'other files');
  const answers = await Promise.all(
    other.map(async ({ below, path }) => ({ below, answer: await readContent(client, { path, ref }) })),
  );
  for (const { below, answer } of answers) {
    if (!answer.ok) return unknown(answer.failure.sentence);
    files.set(below, textOf(answer.value.data));
  }
  return { kind: 'files', files };
}

/** As `git hash-object` names it. A repository with SHA-256 has other names, and is read file by file. */
const blobName = (bytes: Uint8Array): string =>
  hash('sha1', Buffer.concat([Buffer.from(`blob ${bytes.length}\0`), bytes]));

async function list(client: Client, path: string, { ref }: FolderAsked) {
  const answer = await readContent(client, { path, ref });
  if (!answer.ok)
    return answer.failure.status === 404 ? ({ kind: 'absent' } as const) : unknown(answer.failure.sentence);
  const { data } = answer.value;
  if (!Array.isArray(data)) return unknown(`${path} was no folder`);
  if (data.length >= LONGEST_LIST) return unknown(`${path} had ${data.length} entries or more`);
  const entries: readonly Entry[] = data;
  return { kind: 'entries', entries } as const;
}

const unknown = (reason: string) => ({ kind: 'unknown', reason }) as const;
const tooMany = (n: number, what: string) => unknown(`it had ${n} ${what}, more than ${MOST_REQUESTS}`);
