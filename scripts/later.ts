// What undici loads at once and a plain request over HTTP/1.1 never uses: loaded when it is asked for. Whoever gets another undici
// learns from the build that it has changed its shape.
import { readFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';

/** A `require` in a function: where there are parts, what it asks for is one, or the named export of one. */
export interface Later {
  readonly importer: RegExp;
  readonly path: RegExp;
  readonly part: string;
  readonly name: string;
}

// HTTP/2 is for servers that choose it, proxies for machines behind one; of `fetch` the rest of undici wants only what it knows of forms.
const USERS = /undici\/lib\/(?:core|dispatcher)\//;
export const LATER: readonly Later[] = [
  { importer: USERS, path: /\/client-h2(?:\.js)?$/, part: 'undici/h2', name: 'connect' },
  { importer: USERS, path: /\/proxy-agent(?:\.js)?$/, part: 'undici/proxy', name: 'ProxyAgent' },
  { importer: USERS, path: /\/web\/fetch\/body(?:\.js)?$/, part: 'undici/web', name: 'body' },
  { importer: USERS, path: /\/web\/fetch\/formdata(?:\.js)?$/, part: 'undici/web', name: 'formData' },
  { importer: USERS, path: /\/web\/webidl$/, part: 'undici/web', name: 'webidl' },
];

/** In a file of undici, what stands there once and what shall. */
const INSTEAD: readonly { readonly file: string; readonly before: string; readonly after: string }[] = [
  // Its HTTP/2 takes Node's, which takes longer to load than all that a request over HTTP/1.1 needs.
  {
    file: 'dispatcher/client.js',
    before: "const connectH2 = require('./client-h2.js')",
    after: "const connectH2 = (...of) => require('./client-h2.js')(...of)",
  },
  {
    file: 'dispatcher/env-http-proxy-agent.js',
    before: "const ProxyAgent = require('./proxy-agent')",
    after: "const ProxyAgent = function (...of) { return new (require('./proxy-agent'))(...of) }",
  },
];

/** In place of modules of Node that take their time: who asks for them, and what is enough until then. */
const SPARED: Readonly<Record<string, { readonly importer: RegExp; readonly contents: string }>> = {
  // A condition that holds needs no words.
  'node:assert': {
    importer: /undici[\\/]lib[\\/]/,
    contents: "module.exports = (ok, ...said) => { if (!ok) require('node:assert')(ok, ...said); };",
  },
  // A random number, for each output and state that is written.
  crypto: {
    importer: /@actions[\\/]core[\\/]lib[\\/]file-command\.js$/,
    contents: "export const randomUUID = () => require('node:crypto').randomUUID();",
  },
};

export const later: Plugin = {
  name: 'later',
  setup(build) {
    build.onLoad({ filter: /undici[\\/]lib[\\/].*\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const changes = INSTEAD.filter(({ file }) => path.endsWith(file));
      const errors = [
        ...(/\bassert\.\w/.test(text) ? [`${path} asks more of assert than a condition`] : []),
        ...changes.flatMap(({ before }) =>
          text.split(before).length === 2 ? [] : [`${path} does not say once: ${before}`],
        ),
      ];
      if (errors.length > 0) return { errors: errors.map((what) => ({ text: what })) };
      return { contents: changes.reduce((all, { before, after }) => all.replace(before, () => after), text) };
    });
    build.onResolve({ filter: /^(?:node:assert|crypto)$/ }, ({ path, importer }) =>
      SPARED[path]?.importer.test(importer) ? { path, namespace: 'later' } : undefined,
    );
    build.onLoad({ filter: /./, namespace: 'later' }, ({ path }) => ({
      contents: SPARED[path]?.contents ?? '',
    }));
  },
};
