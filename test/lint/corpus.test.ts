// The bug as public projects have it: each found by its rule and line, and nothing in the corrected form.
import { describe, expect, test } from 'vitest';
import { CORPUS } from './corpus.ts';
import { linted, places } from './given.ts';

const of = (pipe: string, fixed: string) =>
  places(
    linted({
      set: {
        'read.token.hbs': `kind: jwt\nscopes:\n  - type: PIPES:READ\n    resource: usage\n    fixed_params:\n      ${fixed}\n`,
      },
      project: { 'endpoints/usage.pipe': pipe },
    }),
  );

test('there are enough of them', () => expect(CORPUS.length).toBeGreaterThanOrEqual(20));

describe.each(CORPUS)('$name', ({ pipe, fixed, found, corrected, fixedThen }) => {
  test('is found', () => expect(of(pipe, fixed)).toEqual(found));
  test('is gone in the corrected form', () => expect(of(corrected, fixedThen ?? fixed)).toEqual([]));
});
