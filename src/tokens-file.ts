// The tokens file: values for later steps of this job, and for nobody else.
import { realpath, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { Stop } from './errors.ts';
import { byTenant } from './report/report.ts';
import type { Issued } from './tokens.ts';

/** Values must not end up in an artifact or a commit of the checkout. */
export async function checkTokensFile(path: string, checkout: string): Promise<string> {
  const file = resolve(checkout, path);
  const folder = await realpath(dirname(file)).catch(() => null);
  if (folder === null) {
    throw new Stop('bad-input', `input tokens-file: the folder of ${path} does not exist. Nothing was sent.`);
  }
  const inside = relative(await realpath(checkout), folder);
  if (inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside)) {
    throw new Stop(
      'bad-input',
      `input tokens-file: ${path} is inside the checkout, where it could be committed or uploaded. Use a path such as \${{ runner.temp }}/tokens.json. Nothing was sent.`,
    );
  }
  return file;
}

/**
 * JSON, tenant → role → value, readable by this user only; appears whole or not at all. Each value is masked first. Gives
 * what kept it from that.
 */
export async function writeTokensFile(
  file: string,
  issued: readonly Issued[],
  mask: (value: string) => void,
): Promise<Stop | null> {
  for (const { value } of issued) if (value !== null) mask(value.reveal());
  const withValue = issued.filter(({ value }) => value !== null);
  const values = new Map(withValue.map(({ name, value }) => [name, value?.reveal() ?? '']));
  const text = JSON.stringify(
    byTenant(withValue, ({ name }) => values.get(name) ?? ''),
    null,
    2,
  );
  const draft = `${file}.${process.pid}.tmp`;
  try {
    await rm(draft, { force: true });
    await writeFile(draft, `${text}\n`, { mode: 0o600, flag: 'wx' });
    await rename(draft, file);
    return null;
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return new Stop(
      'failed',
      `The tokens file ${file} could not be written (${code}); everything else was done.`,
    );
  }
}
