// Entry of the sandbox as a program of its own.
import { runSandboxCommand } from './command.ts';

// ClickHouse queries run on libuv's pool; its four threads would make every file read wait for them.
process.env.UV_THREADPOOL_SIZE ??= '16';

export { runSandboxCommand };
