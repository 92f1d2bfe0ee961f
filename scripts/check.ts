// Everything CI checks, one after the other, each with its name and result; the output of what fails is shown.
// `--after-tests` leaves the tests out: CI has just run them with `npm test`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CHECKS: readonly (readonly [name: string, command: string])[] = [
  ['types', 'tsc --noEmit'],
  ['format and lint', 'biome check .'],
  ['lint with types', 'oxlint --type-aware'],
  ['dead code', 'knip'],
  ['dist is what the sources give', 'node scripts/build.ts --check'],
  ['the demo runs', 'node demo/demo.ts --json'],
  ['the bench runs', 'node bench/bench.ts --quick'],
];

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

const afterTests = process.argv.includes('--after-tests');
const tests = afterTests ? { passed: 0, failed: 0 } : runTests();
let { passed, failed } = tests;
for (const [name, command] of CHECKS) {
  if (check(name, command)) passed += 1;
  else failed += 1;
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function check(name: string, command: string): boolean {
  const started = performance.now();
  const { status, stdout, stderr, error } = spawnSync(command, {
    shell: true,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const passed = status === 0 && error === undefined;
  console.log(`${passed ? '✓' : '✗'} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  if (!passed) console.log(`  ${command}\n${stdout}${stderr}${error?.message ?? ''}`);
  return passed;
}

/** Shown as they run; the counts come from vitest's own report. A run that ends without one counts as a failure. */
function runTests(): Counts {
  const folder = mkdtempSync(join(tmpdir(), 'check-'));
  const report = join(folder, 'tests.json');
  try {
    const { status } = spawnSync(`vitest run --reporter=default --reporter=json --outputFile="${report}"`, {
      shell: true,
      stdio: 'inherit',
    });
    const counts = countsIn(report);
    return status === 0 || counts.failed > 0 ? counts : { ...counts, failed: 1 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function countsIn(report: string): Counts {
  try {
    const found: unknown = JSON.parse(readFileSync(report, 'utf8'));
    return { passed: numberIn(found, 'numPassedTests'), failed: numberIn(found, 'numFailedTests') };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

function numberIn(value: unknown, key: string): number {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  return typeof found === 'number' ? found : 0;
}
