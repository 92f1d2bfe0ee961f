// What holds for every run, however it ended: all outputs are there, nothing leaked, nothing in the log commands the runner.
import { expect } from 'vitest';
import { OUTPUTS } from '../../src/report/outputs.ts';
import { commandsIn, dropped, formsIn } from './runner.ts';
import type { Ended, Stage } from './stage.ts';

/** The annotation that fails the step: the first `::error::`, before those of single lines. */
export function said(end: Ended): string {
  return commandsIn(end.log).find(({ name }) => name === 'error')?.data ?? '';
}

/** Values that nobody may read: those of the inputs, of the workspace, and whatever the run masked. */
async function secretsOf(stage: Stage, end: Ended, adminToken: string): Promise<string[]> {
  const { sandbox, github, workflowToken } = stage;
  const answer = await fetch(`${sandbox.url}/v0/tokens`, {
    headers: { authorization: `Bearer ${adminToken}` },
  });
  const { tokens } = (await answer.json()) as { tokens: { token: string }[] };
  const values = [adminToken, github.token, workflowToken, ...github.secrets.values(), ...end.masks];
  return [...new Set([...values, ...tokens.map(({ token }) => token)])];
}

/** @param adminToken of the workspace that the run was for. */
export async function expectSound(
  stage: Stage,
  end: Ended,
  adminToken = stage.sandbox.adminToken,
): Promise<void> {
  expect(Object.keys(end.outputs).sort()).toEqual(Object.keys(OUTPUTS).sort());
  expect(() => JSON.parse(end.report)).not.toThrow();
  const secrets = await secretsOf(stage, end, adminToken);
  expect(dropped(end.outputs, secrets)).toEqual([]);
  const log = end.log.replace(/^::add-mask::.*$/gm, '');
  const written = [
    log,
    end.summary,
    end.report,
    JSON.stringify(end.outputs),
    ...stage.github.comments(1).map(({ body }) => body),
    ...stage.github.variables.values(),
  ];
  for (const text of written) expect(formsIn(text, secrets)).toEqual([]);
  const names = new Set(commandsIn(end.log).map(({ name }) => name));
  expect([...names.difference(new Set(['add-mask', 'error', 'warning', 'notice']))]).toEqual([]);
}

/** Nothing but questions. */
export function expectOnlyAsked(end: Ended): void {
  const changing = [...end.asked, ...end.askedGithub].filter((route) => !route.startsWith('GET '));
  expect(changing).toEqual([]);
}
