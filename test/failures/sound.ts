// What holds for every run, however it ended: all outputs are there and arrive, nothing leaked, nothing in the log commands the runner.
import { expect } from 'vitest';
import { OUTPUTS } from '../../src/report/outputs.ts';
import { commandsIn, dropped, formsIn, masksIn, withoutMasks } from './runner.ts';
import type { Ended, Stage } from './stage.ts';

/** The annotation that fails the step: the first `::error::`, before those of single lines. */
export function said(end: Ended): string {
  return commandsIn(end.log).find(({ name }) => name === 'error')?.data ?? '';
}

/** Values that nobody may read. */
export interface Values {
  /** That the workflow has as secrets, so that the runner knows them: those of the inputs. */
  readonly given: readonly string[];
  /** Of tokens that a run may hand out. */
  readonly tokens: readonly string[];
}

/** What a run wrote where others read it. */
export interface Written {
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  /** Everything else: place → text. */
  readonly texts: Readonly<Record<string, string>>;
}

/** A Tinybird token or a JWT, whosoever it is. */
const LOOKS = /\b(p\.eyJ[\w-]{16,}|eyJ[\w-]{8,}\.eyJ[\w-]{8,})[\w.=-]*/;

/** What is short, or not one word, also hides innocent text: JSON of several lines hides brackets, and with them outputs. */
const MASKABLE = /^[\w.=-]{32,}$/;

/** What the README promises about outputs and values, and is not so. */
export function flaws({ log, outputs, texts }: Written, { given, tokens }: Values): string[] {
  const masks = masksIn(log);
  const hidden = [...new Set([...given, ...masks])];
  const places = {
    'the log': withoutMasks(log),
    ...Object.fromEntries(Object.entries(outputs).map(([name, text]) => [`output ${name}`, text])),
    ...texts,
  };
  const holding = Object.entries(places).filter(
    ([, text]) => LOOKS.test(text) || formsIn(text, [...hidden, ...tokens]).length > 0,
  );
  return [
    ...Object.keys(OUTPUTS).flatMap((name) => (name in outputs ? [] : [`output ${name} is not set`])),
    ...Object.keys(outputs).flatMap((name) => (name in OUTPUTS ? [] : [`output ${name} is not declared`])),
    ...dropped(outputs, hidden).map((name) => `output ${name} would be dropped`),
    ...holding.map(([place]) => `${place} holds a value`),
    ...masks
      .filter((mask) => !tokens.includes(mask) || !MASKABLE.test(mask))
      .map(() => 'a mask is no value of a token'),
  ];
}

/** Of a workspace; those of the JWTs that the run masked are known by what they say. */
export async function valuesOf(
  stage: Stage,
  end: Ended,
  adminToken = stage.sandbox.adminToken,
): Promise<Values> {
  const { sandbox, github, workflowToken } = stage;
  const answer = await fetch(`${sandbox.url}/v0/tokens`, {
    headers: { authorization: `Bearer ${adminToken}` },
  });
  const { tokens = [] } = (await answer.json()) as { tokens?: { token: string }[] };
  const given = [adminToken, github.token, workflowToken];
  const handedOut = [
    ...tokens.map(({ token }) => token).filter((token) => !given.includes(token)),
    // Of one or of many tokens.
    ...[...github.secrets.values()].flatMap((text) => text.match(new RegExp(LOOKS, 'g')) ?? []),
    ...masksIn(end.log).filter((mask) => isJwtOf(adminToken, mask)),
  ];
  return { given, tokens: [...new Set(handedOut)] };
}

function isJwtOf(adminToken: string, value: string): boolean {
  if (!/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(value)) return false;
  return saysOf(value).workspace_id === saysOf(adminToken).u;
}

/** The part between the dots. */
const saysOf = (token: string): Readonly<Record<string, unknown>> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

/** @param adminToken of the workspace that the run was for. */
export async function expectSound(
  stage: Stage,
  end: Ended,
  adminToken = stage.sandbox.adminToken,
): Promise<void> {
  expect(() => JSON.parse(end.report)).not.toThrow();
  expect(end.masks).toEqual(masksIn(end.log));
  const { github } = stage;
  const texts = {
    'the summary': end.summary,
    'the report': end.report,
    'the state': JSON.stringify(end.state),
    'a comment': JSON.stringify(github.comments(1)),
    'a variable': JSON.stringify([...github.variables]),
    'a request to GitHub': JSON.stringify(github.requests),
    'an address at Tinybird': stage.sandbox.requests.map(({ path }) => path).join('\n'),
  };
  const values = await valuesOf(stage, end, adminToken);
  expect(flaws({ log: end.log, outputs: end.outputs, texts }, values)).toEqual([]);
  expectToBeNames(end.outputs);
  const names = new Set(commandsIn(end.log).map(({ name }) => name));
  expect([...names.difference(new Set(['add-mask', 'error', 'warning', 'notice']))]).toEqual([]);
}

/** Ids and names only. */
function expectToBeNames(outputs: Readonly<Record<string, string>>): void {
  for (const name of ['changed', 'created', 'updated', 'removed', 'failed', 'orphaned'])
    expect(JSON.parse(outputs[name] ?? '')).toSatisfy(isListOfNames);
  for (const name of ['token-ids', 'secret-names'])
    for (const roles of Object.values<object>(JSON.parse(outputs[name] ?? '')))
      expect(Object.values(roles)).toSatisfy(isListOfNames);
  expect(outputs['plan-checksum']).toMatch(/^([0-9a-f]{16})?$/);
  expect(outputs['deployment-id']).toMatch(/^[\w-]*$/);
  expect(outputs.drift).toMatch(/^(true|false)$/);
}

const isListOfNames = (list: unknown): boolean =>
  Array.isArray(list) && list.every((name) => typeof name === 'string' && name.length <= 256);

/** Nothing but questions. */
export function expectOnlyAsked(end: Ended): void {
  const changing = [...end.asked, ...end.askedGithub].filter((route) => !route.startsWith('GET '));
  expect(changing).toEqual([]);
}
