// A process of its own for the sandbox, so that its work is not the action's: workspaces by the names in argv, addresses on standard
// output. A name that begins with `classic` is a Classic workspace.
import { startSandbox } from '../src/sandbox/sandbox.ts';

const sandbox = await startSandbox();
const tokens: Record<string, string> = {};
for (const name of process.argv.slice(2))
  tokens[name] = (
    await sandbox.createWorkspace(name, name.startsWith('classic') ? 'classic' : 'forward')
  ).adminToken;
process.stdout.write(`${JSON.stringify({ url: sandbox.url, tokens })}\n`);
// Whoever started it closes standard input, or dies. An engine that is still at work when its process ends may never let it.
process.stdin.resume().once('end', () => {
  void sandbox[Symbol.asyncDispose]().then(() => process.exit());
});
