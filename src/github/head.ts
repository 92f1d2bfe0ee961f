// Is this commit still the head of its branch? An apply of an older one would undo a newer one.
import type { Client } from './client.ts';
import type { Context } from './context.ts';

export type Head =
  | { readonly kind: 'head' }
  /** `head` is null when the branch is gone. */
  | { readonly kind: 'superseded'; readonly head: string | null }
  | { readonly kind: 'unknown'; readonly reason: string };

/** Only branches move; a tag or a detached commit is its own head. */
export async function checkHead(client: Client, { ref, sha }: Pick<Context, 'ref' | 'sha'>): Promise<Head> {
  if (!ref.startsWith('refs/heads/')) return { kind: 'head' };
  const { owner, repo } = client;
  const asked = { what: `read the head of ${ref}`, permission: 'Contents: read' };
  const answer = await client.ask(asked, ({ rest }) =>
    rest.git.getRef({ owner, repo, ref: ref.replace(/^refs\//, '') }),
  );
  if (!answer.ok) {
    return answer.failure.status === 404
      ? { kind: 'superseded', head: null }
      : { kind: 'unknown', reason: answer.failure.sentence };
  }
  const head = answer.value.data.object.sha;
  return head === sha ? { kind: 'head' } : { kind: 'superseded', head };
}
