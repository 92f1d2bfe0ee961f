// Which hosts may be sent a token, and what is said of the others.
import { describe, expect, test } from 'vitest';
import { parseHost } from '../../src/tinybird/host.ts';

describe('accepted', () => {
  test.each([
    ['https://api.tinybird.co', 'https://api.tinybird.co'],
    [' https://API.us-east.tinybird.co/ \n', 'https://api.us-east.tinybird.co'],
    ['https://proxy.example:8443', 'https://proxy.example:8443'],
    ['http://localhost:7181', 'http://localhost:7181'],
    ['http://sandbox.localhost:7181', 'http://sandbox.localhost:7181'],
    ['http://127.0.0.1:7181', 'http://127.0.0.1:7181'],
    ['http://127.1:7181', 'http://127.0.0.1:7181'],
    ['http://[::1]:7181', 'http://[::1]:7181'],
  ])('%j', (text, origin) => {
    expect(parseHost(text)).toEqual({ ok: true, value: origin });
  });
});

describe('refused', () => {
  test.each([
    ['', /not a web address/],
    ['api.tinybird.co', /not a web address; it looks like https:/],
    ['ftp://api.tinybird.co', /not a web address/],
    ['p.eyJ1IjoiMSJ9.secret-value', /not a web address/],
    ['http://api.tinybird.co', /must be https/],
    ['http://127.0.0.1.example.com', /must be https/],
    ['http://localhost.example.com', /must be https/],
    ['http://0.0.0.0:80', /must be https/],
    ['https://me:hunter2@api.tinybird.co', /user name or password/],
    ['https://api.tinybird.co?token=abc', /query or fragment; use https:\/\/api\.tinybird\.co$/],
    ['https://api.tinybird.co/#x', /query or fragment/],
    ['https://api.tinybird.co/v0/', /must not hold a path; use https:\/\/api\.tinybird\.co$/],
  ])('%j', (text, message) => {
    const result = parseHost(text);
    if (result.ok) throw new Error('accepted');
    expect(result.problems).toHaveLength(1);
    expect(result.problems[0]?.file).toBe('tinybird-host');
    expect(result.problems[0]?.message).toMatch(message);
    expect(result.problems[0]?.message).not.toMatch(/secret-value|hunter2|abc/);
  });
});
