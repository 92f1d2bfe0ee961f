#!/usr/bin/env node
// Starts the command line: the built one where there is one, else the sources, which Node runs from 24 on.
import { existsSync } from 'node:fs';

const [major] = process.versions.node.split('.').map(Number);
if (major < 24) {
  process.stderr.write(`tinybird-tenants needs Node 24 or newer; this is Node ${process.versions.node}.\n`);
  process.exit(2);
}
const built = new URL('../dist/cli.cjs', import.meta.url);
await import(existsSync(built) ? built.href : new URL('../src/cli.ts', import.meta.url).href);
