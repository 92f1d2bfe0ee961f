// The conformance suite: one file of behaviours against whatever server the environment names.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/conformance/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    // A real deployment takes its time.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    env: { UV_THREADPOOL_SIZE: '16', TZ: 'UTC' },
  },
});
