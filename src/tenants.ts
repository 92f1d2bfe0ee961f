// Where the list of tenants comes from: a file, a folder, standard input.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { bad, type Problem, type Result } from './errors.ts';
import type { Fleet } from './model.ts';
import { looksLikeCsv } from './tenants/csv-head.ts';
import {
  formatOf,
  isAside,
  parseTenants,
  type TenantsText,
  type TextFile,
  type TextFormat,
} from './tenants/parse.ts';

export { formatOf, parseTenants, type TextFormat } from './tenants/parse.ts';

/**
 * The list at a path: `.yaml`, `.yml`, `.json`, `.csv`, or a folder with one file per tenant; `-` is standard input,
 * whose format shows in its text. The forms are described at `parseTenants`. What cannot be read is a problem too.
 */
export async function readTenants(
  path: string,
  stdin: AsyncIterable<string | Uint8Array> = process.stdin,
): Promise<Result<Fleet>> {
  try {
    if (path === '-') {
      const text = decoded(await collected(stdin));
      return parseTenants(await withReader({ file: '-', text }, formatOfText(text)));
    }
    if ((await stat(path)).isDirectory()) return await readFolder(path);
    const format = formatOf(path);
    if (format === null)
      return bad({ file: path, message: 'not a list: it has to end in .yaml, .yml, .json or .csv' });
    return parseTenants(await withReader({ file: path, text: decoded(await readFile(path)) }, format));
  } catch (error) {
    return bad({ stop: 'unreadable-list', file: path, message: reasonOf(error) });
  }
}

/** The reader of CSV is loaded only where there is one. */
export async function withReader(file: TextFile, format: TextFormat): Promise<TenantsText> {
  if (format !== 'csv') return { ...file, format };
  const { readCsv } = await import('./tenants/csv.ts');
  return { ...file, format, read: readCsv };
}

/** JSON starts with a bracket, CSV with a row that has a cell `id`; the rest is YAML. */
function formatOfText(text: string): TextFormat {
  if (/^\s*[[{]/.test(text)) return 'json';
  return looksLikeCsv(text) ? 'csv' : 'yaml';
}

async function readFolder(folder: string): Promise<Result<Fleet>> {
  const files: TextFile[] = [];
  const problems: Problem[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const file = join(folder, entry.name);
    if (isAside(entry.name)) continue;
    if (!entry.isFile())
      problems.push({ file, message: 'not a file; folders and links in the folder are not followed' });
    else {
      try {
        files.push({ file, text: decoded(await readFile(file)) });
      } catch (error) {
        problems.push({ stop: 'unreadable-list', file, message: reasonOf(error) });
      }
    }
  }
  const fleet = parseTenants({ format: 'folder', folder, files });
  if (problems.length === 0) return fleet;
  return { ok: false, problems: fleet.ok ? problems : [...problems, ...fleet.problems] };
}

async function collected(stream: AsyncIterable<string | Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  return Buffer.concat(chunks);
}

/** Without the byte order mark; bytes that are no UTF-8 would turn two ids into one. */
const decoded = (bytes: Uint8Array): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes);

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'there is no such file or folder';
    case 'EACCES':
    case 'EPERM':
      return 'no permission to read it';
    case 'ERR_ENCODING_INVALID_ENCODED_DATA':
      return 'not UTF-8';
    default:
      return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}
