// How the tests run: forks, because chDB holds one engine a process and crashes in worker threads.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/conformance/**', '**/node_modules/**'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Long queries would otherwise starve file reads: libuv has four threads by default.
    env: { UV_THREADPOOL_SIZE: '16', TZ: 'UTC' },
  },
});
