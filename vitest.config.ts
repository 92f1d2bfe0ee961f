// How the tests run: forks, because chDB holds one engine a process and crashes in worker threads.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/conformance/**', '**/node_modules/**'],
    pool: 'forks',
    // More than cores: the tests of retries, timeouts and deployments mostly wait.
    maxWorkers: 4,
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // Long queries would otherwise starve file reads: libuv has four threads by default.
    // The actions that tests start share one cache of compiled code.
    env: {
      UV_THREADPOOL_SIZE: '16',
      TZ: 'UTC',
      NODE_COMPILE_CACHE: join(tmpdir(), 'tinybird-tenants-compiled'),
    },
  },
});
