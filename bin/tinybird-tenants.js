#!/usr/bin/env node
// Starts the command line: the built one where there is one, else the sources, which Node runs from 24 on.
import { existsSync } from 'node:fs';

const built = new URL('../dist/cli.cjs', import.meta.url);
const sources = new URL('../src/cli.ts', import.meta.url);
const major = Number(process.versions.node.split('.')[0]);

function refuse(what) {
  process.stderr.write(`tinybird-tenants ${what}; this is Node ${process.versions.node}.\n`);
  process.exit(2);
}

if (major < 20) refuse('needs Node 20 or newer');
else if (existsSync(built)) await import(built.href);
else if (major < 24)
  refuse('runs from its sources on Node 24 or newer, and elsewhere after `npm run build -- --all`');
else await import(sources.href);
