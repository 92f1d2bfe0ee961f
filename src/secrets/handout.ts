// Where token values go in this run: a place for secrets, a file, or nowhere; decided before anything is sent.
import type { Inputs } from '../inputs.ts';
import type { Mode } from '../report/report.ts';
import type { Surroundings } from '../surroundings.ts';
import { checkTokensFile } from '../tokens-file.ts';
import { openVault, secretsTarget, type Vault } from './vault.ts';

export interface Handout {
  readonly vault: Vault | null;
  readonly tokensFile: string | null;
  readonly notes: readonly string[];
}

export async function openHandout(
  inputs: Inputs,
  at: Surroundings,
  { fleet, does }: { fleet: string; does: Mode },
): Promise<Handout> {
  const wanted = secretsTarget(inputs, at.context);
  const file = inputs['tokens-file'];
  const tokensFile = file === null ? null : await checkTokensFile(file, at.cwd);
  if ('none' in wanted || at.context === null) {
    const lost =
      'none' in wanted && tokensFile === null && (does === 'apply' || does === 'rotate') ? wanted.none : null;
    return { vault: null, tokensFile, notes: lost === null ? [] : [lost] };
  }
  const vault = await openVault(inputs, at.context, { target: wanted.target, fleet });
  const notes =
    vault.ledger.kind === 'unknown'
      ? [`the ledger cannot be read, so JWTs are not renewed: ${vault.ledger.reason}`]
      : [];
  return { vault, tokensFile, notes };
}
