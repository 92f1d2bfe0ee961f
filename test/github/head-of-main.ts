// Run by client.test.ts as a process of its own: the environment decides about proxies and the API's address when modules load.
import { createClient } from '../../src/github/client.ts';
import { checkHead } from '../../src/github/head.ts';
import { Secret } from '../../src/secret.ts';

const client = createClient({
  token: new Secret(process.env.TEST_TOKEN ?? ''),
  tokenInput: 'github-token',
  repository: 'acme/tenants',
  apiUrl: process.env.GITHUB_API_URL ?? '',
  paceMs: 1,
});
const head = await checkHead(client, { ref: 'refs/heads/main', sha: process.env.TEST_SHA ?? '' });
process.stdout.write(JSON.stringify(head));
