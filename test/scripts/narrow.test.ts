// Packages that are bundled in part: what the part lacks cannot be used unnoticed.
import { expect, test } from 'vitest';
import { narrow } from '../../scripts/narrow.ts';
import { problems } from './bundling.ts';

test.each([
  [
    "import { EnvHttpProxyAgent } from 'undici'; import { getOctokit } from '@actions/github'; console.log(EnvHttpProxyAgent, getOctokit);",
    [],
  ],
  [
    "import { fetch } from 'undici'; console.log(fetch);",
    ['No matching export in "narrow:undici" for import "fetch"'],
  ],
  [
    "import { MockAgent } from 'undici'; new MockAgent();",
    ['No matching export in "narrow:undici" for import "MockAgent"'],
  ],
  [
    "import undici from 'undici'; new undici.Pool('x:');",
    ['No matching export in "narrow:undici" for import "default"'],
  ],
  [
    "import * as undici from 'undici'; new undici.Pool('x:');",
    ['Import "Pool" will always be undefined because there is no matching export in "narrow:undici"'],
  ],
  [
    "const { Pool } = require('undici'); new Pool('x:');",
    ['undici is bundled in part: import what is needed of it by name'],
  ],
  [
    "void import('undici').then(({ Pool }) => new Pool('x:'));",
    ['undici is bundled in part: import what is needed of it by name'],
  ],
])('%s', async (source, expected) => {
  expect(await problems(source, { plugins: [narrow] })).toEqual(expected);
});
