// A file of its own for what an `import()` asks for: esbuild divides only modules, so they are divided first and made CommonJS then.
import { basename, isAbsolute, join, relative } from 'node:path';
import { type BuildOptions, type Metafile, type Plugin, transform } from 'esbuild';
import type { Later } from './later.ts';

/** What a build needs so that `commonJs` can go on. */
export const DIVIDED = {
  format: 'esm',
  splitting: true,
  outExtension: { '.js': '.mjs' },
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
} as const satisfies BuildOptions;

const PART = 'part';

/**
 * Makes a part of whatever is imported by `import()`, and of what is in `later`. Each imports `first`, which has long been
 * loaded by then: all that it needs then lies in one file, and not in as many as there are parts that share some of it.
 */
export const parts = (first: string, later: readonly Later[]): Plugin => ({
  name: PART,
  setup(build) {
    const options = build.initialOptions;
    const root = options.absWorkingDir ?? '';
    const own = [...new Set(later.map(({ part }) => part))];
    if (Array.isArray(options.entryPoints))
      options.entryPoints = [...options.entryPoints.map(String), ...own];
    const unasked = new Set(later);
    build.onResolve({ filter: /./ }, async ({ path, pluginData, ...from }) => {
      if (pluginData === PART) return undefined;
      if (from.kind === 'require-call') {
        const asked = later.find((one) => one.importer.test(from.importer) && one.path.test(path));
        if (asked === undefined) return undefined;
        unasked.delete(asked);
        return { path: `${PART}:${asked.part}#${asked.name}`, external: true };
      }
      if (from.kind === 'entry-point' && own.includes(path))
        return { path, namespace: PART, pluginData: path };
      if (from.kind !== 'dynamic-import') return undefined;
      const found = await build.resolve(path, { ...from, pluginData: PART });
      if (found.errors.length > 0) return { errors: found.errors };
      const shown = isAbsolute(found.path) ? relative(root, found.path) : found.path;
      return { path: shown, namespace: PART, pluginData: found.path };
    });
    build.onLoad({ filter: /./, namespace: PART }, ({ pluginData: module }) => ({
      contents: `import ${JSON.stringify(join(root, first))};\nexport * from ${JSON.stringify(module)};`,
      resolveDir: root,
    }));
    build.onEnd(() => ({
      errors: [...unasked].map(({ path, part }) => ({ text: `nobody requires ${path} of the part ${part}` })),
    }));
  },
});

/** Text by file name: `<stem>.cjs`, and `<stem>.<part>.cjs` for each part and for what several of them share. */
export async function commonJs(
  { outputs }: Metafile,
  texts: ReadonlyMap<string, string>,
  { entry, first, stem }: { readonly entry: string; readonly first: string; readonly stem: string },
): Promise<ReadonlyMap<string, string>> {
  const modules = [...texts].filter(([path]) => path.endsWith('.mjs'));
  const [holder = ''] = modules.flatMap(([path]) => (first in (outputs[path]?.inputs ?? {}) ? [path] : []));
  const nameOfHolder = first === entry ? `${stem}.cjs` : `${stem}.${nameOf(first)}.cjs`;
  const names = new Map<string, string>();
  for (const [path, text] of modules) {
    const { entryPoint } = outputs[path] ?? {};
    const passes = (entryPoint === entry || entryPoint === `${PART}:${first}`) && passesOn(text, holder);
    const name = entryPoint === entry ? `${stem}.cjs` : `${stem}.${partsWith(path, outputs)}.cjs`;
    names.set(basename(path), path === holder || passes ? nameOfHolder : name);
  }
  const made = new Map<string, string>();
  for (const [path, text] of modules) {
    const name = names.get(basename(path)) ?? '';
    if (path !== holder && name === nameOfHolder) continue;
    if (made.has(name)) throw new Error(`two parts have the name ${name}`);
    const { code } = await transform(commented(named(text, names)), {
      ...{ format: 'cjs', platform: 'node', target: 'node24', legalComments: 'inline', logLevel: 'warning' },
    });
    made.set(name, required(uncommented(code), stem));
  }
  return made;
}

/** Whether all that a file does is to give what another one has, under the same names. */
const passesOn = (text: string, to: string): boolean =>
  /^(?:\/\/.*\n)*import (?:(\{[^}]*\}) from )?"\.\/([^"]+)";\n+(?:\/\/.*\n)*(?:export \1;\n)?$/.exec(
    text,
  )?.[2] === basename(to);

/** The parts that cannot do without a file, by name. */
function partsWith(file: string, outputs: Metafile['outputs']): string {
  const all = Object.entries(outputs).filter(([, { entryPoint }]) => entryPoint?.startsWith(PART));
  const own = all.filter(([path]) => needs(path, file, outputs));
  if (own.length === all.length) return 'shared';
  return own
    .map(([, { entryPoint = '' }]) => nameOf(entryPoint))
    .sort()
    .join('+');
}

const needs = (path: string, file: string, outputs: Metafile['outputs']): boolean =>
  path === file ||
  (outputs[path]?.imports ?? []).some(
    (one) => one.kind === 'import-statement' && one.external !== true && needs(one.path, file, outputs),
  );

/** `part:src/github/client.ts` → `client`, `part:package/fetch` → `fetch`. */
const nameOf = (path: string): string => basename(path.replace(/^.*:/, '')).replace(/\.\w+$/, '');

// Of comments between statements `transform` keeps only those that look like a licence; these say where a module begins.
const commented = (text: string): string => text.replaceAll(/^\/\/ (?=\S+$)/gm, '//! ');
// What is not ASCII stands in comments by then, as everything else is escaped. With it V8 would read the file twice as wide.
function uncommented(code: string): string {
  const plain = code.replaceAll(/^\/\/! /gm, '// ');
  const odd = /^(?!\s*\*)(?:(?!\/[/*]).)*?[^\0-\x7f].*$/m.exec(plain);
  if (odd !== null) throw new Error(`not a comment, and not ASCII: ${odd[0].trim()}`);
  return plain.replaceAll(/[^\0-\x7f]/g, '?');
}

const named = (text: string, names: ReadonlyMap<string, string>): string =>
  text.replaceAll(/"\.\/([^"/]+\.mjs)"/g, (all, name: string) => {
    const known = names.get(name);
    return known === undefined ? all : `"./${known}"`;
  });

/** A part is read when it is asked for; `import()` would read it twice, once for the names that it exports. */
const required = (code: string, stem: string): string =>
  code.replaceAll(/\bimport\(("\.\/[^"/]+\.cjs")\)/g, 'Promise.resolve().then(() => require($1))').replaceAll(
    // In a part, the function is another file's.
    /(?:\b__require|\(0, \w+\.__require\))\("part:([^"#]+)#(\w+)"\)/g,
    (_, part: string, name: string) => `require("./${stem}.${nameOf(part)}.cjs").${name}`,
  );
