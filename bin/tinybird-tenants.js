#!/usr/bin/env node
// Starts the command line: in a checkout its sources, which Node runs from 24 on; in the package the built file.
import { existsSync } from 'node:fs';

const built = new URL('../dist/cli.cjs', import.meta.url);
const sources = new URL('../src/cli.ts', import.meta.url);
const major = Number(process.versions.node.split('.')[0]);

if (major < 24) {
  process.stderr.write(`tinybird-tenants needs Node 24 or newer; this is Node ${process.versions.node}.\n`);
  process.exit(2);
}
await import((existsSync(sources) ? sources : built).href);
