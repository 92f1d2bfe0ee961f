// The line that repeats a request: a shell hands curl what was sent, whatever stands in it, and nothing else.
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { curlOf, pathOf, type Question } from '../../src/verify/ask.ts';

const TEXTS = ['{}', "it's", "' OR 1=1 -- $(id) `id` \\", 'a\r\nb\\n$TOKEN', '', '!x "y" {{', '日本\n'];

const pathFor = (text: string): string =>
  pathOf('/v0/sql', [
    ['q', text],
    ['q', '$(id)'],
  ]);

test('what a shell makes of it', () => {
  const lines = TEXTS.map((text): string => {
    const path = pathFor(text);
    const question = { resource: 'r', owner: null, wants: 'change', method: 'POST', path } as const;
    return curlOf({ ...question, body: { type: 'text/plain', text } } satisfies Question);
  });
  for (const line of lines) expect(line).not.toMatch(/[\r\n]/);
  const script = `curl() { printf '%s\\0' "$@"; }\n${lines.join('\n')}`;
  const env = { TOKEN: 'p.x', TINYBIRD_HOST: 'https://host' };
  const words = execFileSync('bash', ['--norc', '-c', script], {
    encoding: 'utf8',
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
    .split('\0')
    .slice(0, -1);
  const wanted = TEXTS.flatMap((text) => [
    ...['-s', '-X', 'POST', '-H', 'Authorization: Bearer p.x', '-H', 'Content-Type: text/plain'],
    ...['--data-binary', text, `https://host${pathFor(text)}`],
  ]);
  expect(words).toEqual(wanted);
});
