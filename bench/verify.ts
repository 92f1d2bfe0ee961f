// A process of its own, started by verifying.ts: proves the isolation of a fleet in a sandbox, a line of JSON at the end.
import { join } from 'node:path';
import { root } from '../scripts/bundle.ts';
import { systemClock } from '../src/clock.ts';
import { unwrap } from '../src/errors.ts';
import { parseInputs } from '../src/inputs.ts';
import { runVerify } from '../src/verify/main.ts';
import type { Proof } from '../src/verify/proof.ts';

const [checkout = ''] = process.argv.slice(2);
const given: Readonly<Record<string, string>> = {
  tenants: join(checkout, 'tenants.yaml'),
  project: join(checkout, 'tinybird'),
};
const started = performance.now();
const { text, stop, exitCode } = await runVerify({
  inputs: unwrap(parseInputs((name) => given[name] ?? '')),
  generation: 'forward',
  exhaustive: false,
  json: true,
  clock: systemClock,
  shippedSets: join(root, 'datafiles-templates'),
  say: (line) =>
    process.stderr.write(`  ${((performance.now() - started) / 1000).toFixed(0).padStart(3)} s  ${line}\n`),
});
if (exitCode !== 0) throw new Error(stop ?? `the fleet leaks: ${text.slice(0, 2_000)}`);
const { tried, answered }: Proof = JSON.parse(text);
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
const measured = {
  wallMs: performance.now() - started,
  cpuMs: (userCPUTime + systemCPUTime) / 1000,
  maxRssMb: maxRSS / 1000,
  tried,
  answered,
};
process.stdout.write(`${JSON.stringify(measured)}\n`);
