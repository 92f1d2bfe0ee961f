// Refuses to apply a commit that its branch has left behind: the newer one is, or will be, applied by its own run.
import { Stop } from './errors.ts';
import type { Context } from './github/context.ts';
import { checkHead } from './github/head.ts';
import { openClient } from './github/open.ts';
import type { Inputs } from './inputs.ts';

export async function refuseSuperseded(inputs: Inputs, context: Context | null): Promise<Stop | null> {
  if (context === null) return null;
  const client =
    (await openClient(inputs, context, 'github-token')) ??
    (await openClient(inputs, context, 'secrets-token'));
  if (client === null) return null;
  const head = await checkHead(client, context);
  switch (head.kind) {
    case 'head':
      return null;
    case 'superseded':
      return new Stop(
        'superseded',
        `${context.sha.slice(0, 7)} is no longer the head of ${context.ref}${head.head === null ? '' : ` (${head.head.slice(0, 7)} is)`}. Nothing was sent: applying an older list would undo a newer one. The run of the newer commit does the work.`,
      );
    case 'unknown':
      return new Stop(
        'request-failed',
        `It cannot be told whether ${context.sha.slice(0, 7)} is still the head of ${context.ref}: ${head.reason}. Nothing was sent.`,
      );
  }
}
