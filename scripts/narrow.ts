// Packages of which the bundles take a part. Their index pulls in everything, and esbuild drops nothing of CommonJS.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from 'esbuild';

// Each is a smaller index of the same package: the same modules, set up as its own index does it. A name that is
// imported from the package but not exported here is an error of the build.
const INDEXES: Readonly<Record<string, string>> = {
  undici: `
    import api from 'undici/lib/api/index.js';
    import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
    import EnvHttpProxyAgent from 'undici/lib/dispatcher/env-http-proxy-agent.js';

    Object.assign(Dispatcher.prototype, api);
    export { EnvHttpProxyAgent };
  `,
  // What GitHub's client takes of undici.
  'undici/github': `
    import 'undici';
    import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js';
    import web from 'undici/lib/web/fetch/index.js';

    export const { fetch } = web;
    export { ProxyAgent };
  `,
  // The parts of later.ts.
  'undici/h2': "export { default as connect } from 'undici/lib/dispatcher/client-h2.js';",
  'undici/proxy': "export { default as ProxyAgent } from 'undici/lib/dispatcher/proxy-agent.js';",
  'undici/web': `
    export { default as body } from 'undici/lib/web/fetch/body.js';
    export { default as formData } from 'undici/lib/web/fetch/formdata.js';
    export { default as webidl } from 'undici/lib/web/webidl/index.js';
  `,
  // Templates are parsed by it and filled by us.
  handlebars: `
    import { parse } from 'handlebars/dist/cjs/handlebars/compiler/base.js';
    export default { parse };
  `,
};

export const narrow: Plugin = {
  name: 'narrow',
  setup(build) {
    const options = build.initialOptions;
    // undici's own switch for builds without its second, experimental HTTP parser (lib/dispatcher/client-h1.js).
    options.define = { ...options.define, esbuildDetection: 'true' };
    // A name that is missing in `import * as x` is a mere warning otherwise.
    options.logOverride = { ...options.logOverride, 'import-is-undefined': 'error' };
    // Two builds of one parser, the second for processors that lack what the first asks for: that one runs everywhere.
    build.onResolve({ filter: /llhttp\/llhttp_simd-wasm\.js$/ }, ({ path, kind, resolveDir }) =>
      build.resolve(path.replace('_simd', ''), { kind, resolveDir }),
    );
    // Where a package has modules, those: what is not used falls away, and Node reads each line once.
    build.onResolve({ filter: /^yaml$/ }, ({ kind, resolveDir }) =>
      build.resolve('./node_modules/yaml/browser/dist/index.js', {
        kind,
        resolveDir: options.absWorkingDir ?? resolveDir,
      }),
    );
    // Nobody asks for an identity token; it would bring a second HTTP client with it.
    build.onResolve({ filter: /\/oidc-utils\.js$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path),
      sideEffects: false,
    }));
    // A table of every operation of GitHub: only those whose names stand somewhere in our sources are called.
    build.onLoad(
      { filter: /plugin-rest-endpoint-methods[\\/].*generated[\\/]endpoints\.js$/ },
      async ({ path }) => {
        const { default: all } = (await import(pathToFileURL(path).href)) as { default: Operations };
        const words = wordsOf(join(options.absWorkingDir ?? '', 'src'));
        return { contents: `export default ${JSON.stringify(named(all, words))};` };
      },
    );
    const names = new RegExp(`^(?:${Object.keys(INDEXES).join('|')})$`);
    build.onResolve({ filter: names }, ({ path, kind, importer }) => {
      const own = path === 'undici' && /@actions[\\/]/.test(importer) ? 'undici/github' : path;
      // A missing name is noticed only where names are imported.
      if (kind === 'import-statement') return { path: own, namespace: 'narrow' };
      return { errors: [{ text: `${path} is bundled in part: import what is needed of it by name` }] };
    });
    build.onLoad({ filter: /./, namespace: 'narrow' }, ({ path }) => ({
      contents: INDEXES[path] ?? '',
      resolveDir: options.absWorkingDir ?? '',
    }));
  },
};

/** By area, then by name. */
type Operations = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

function named(all: Operations, words: ReadonlySet<string>): Operations {
  const areas = Object.entries(all).map(([area, own]) => {
    return [area, Object.fromEntries(Object.entries(own).filter(([name]) => words.has(name)))] as const;
  });
  return Object.fromEntries(areas.filter(([, own]) => Object.keys(own).length > 0));
}

function wordsOf(folder: string): Set<string> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.ts'),
  );
  return new Set(paths.flatMap((path) => readFileSync(join(folder, path), 'utf8').match(/\w+/g) ?? []));
}
