// Plays one step: others act, the action runs as on a runner, and everything it sent, wrote and left behind is collected.
import { join } from 'node:path';
import { poll, systemClock } from '../../src/clock.ts';
import type { RecordedRequest as GithubRequest } from '../../src/sandbox/github/http.ts';
import { type ActionEnd, runAction } from '../../src/sandbox/github/runner.ts';
import type { RecordedRequest } from '../../src/sandbox/sandbox.ts';
import { runHere } from '../failures/here.ts';
import { deployAlone, render, settle } from './existing.ts';
import { checkOut, REPOSITORY, type Stage, type Start } from './stage.ts';
import type { Act, Step } from './step.ts';
import type { Deployment } from './workspace.ts';

export interface Played {
  readonly end: ActionEnd;
  readonly toTinybird: readonly RecordedRequest[];
  readonly toGithub: readonly GithubRequest[];
  /** Made during the step, by whomever. */
  readonly deployments: readonly Deployment[];
}

export interface Scene {
  readonly step: Step;
  readonly folder: string;
  readonly start: Start;
  /** The built action is started, as a runner does it; else its sources run in this process, at a tenth of the cost. */
  readonly isBuilt: boolean;
}

/** Others act, the commit is made and checked out. */
export async function prepare(stage: Stage, step: Step, at: Pick<Scene, 'folder' | 'isBuilt'>): Promise<Scene> {
  await performAll(stage, step.before, at.folder);
  return { step, ...at, start: checkOut(stage, step, at.folder) };
}

export async function play(stage: Stage, scene: Scene): Promise<Played> {
  const { sandbox, github, workspace } = stage;
  const known = (await workspace.deployments()).length;
  const sent = [sandbox.requests.length, github.requests.length] as const;
  const end = await act(stage, scene);
  return {
    end,
    toTinybird: sandbox.requests.slice(sent[0]),
    toGithub: github.requests.slice(sent[1]),
    deployments: (await workspace.deployments()).slice(known),
  };
}

async function act(stage: Stage, { step, folder, start, isBuilt }: Scene): Promise<ActionEnd> {
  const killer = new AbortController();
  let log = '';
  const others: Promise<void>[] = [];
  const starts = isBuilt || step.kill !== undefined ? runAction : runHere;
  const running = starts({
    entry: stage.action.entry,
    event: step.event,
    ...start,
    repository: REPOSITORY,
    workspace: stage.folder,
    apiUrl: stage.github.url,
    inputs: inputsOf(stage, step),
    env: { RUNNER_TEMP: stage.temp },
    signal: killer.signal,
    onOutput: (text) => {
      log += text;
      if (step.meanwhile === undefined || others.length > 0 || !log.includes(step.meanwhile.log)) return;
      others.push(performAll(stage, step.meanwhile.acts, folder));
    },
  });
  if (step.kill !== undefined) await killAt(stage, step.kill, killer);
  const end = await running;
  if (step.meanwhile !== undefined && others.length === 0)
    throw new Error(`the log never said: ${step.meanwhile.log}`);
  await Promise.all(others);
  return end;
}

// Longer than it takes to see the request and to kill.
const TOO_LATE_MS = 2_000;

async function killAt({ sandbox }: Stage, route: string, killer: AbortController): Promise<void> {
  const before = sandbox.requests.length;
  sandbox.fail(route, { delayMs: TOO_LATE_MS, reset: true });
  const pattern = new RegExp(`^${route.replaceAll('*', '.*')}$`);
  const clock = { ...systemClock, sleep: () => systemClock.sleep(1) };
  const seen = await poll(clock, Date.now() + 20_000, async () => {
    return (
      sandbox.requests.slice(before).some(({ method, path }) => pattern.test(`${method} ${path}`)) ||
      undefined
    );
  });
  if (seen === 'timeout') throw new Error(`no request ${route} to kill the run at`);
  killer.abort();
}

function inputsOf({ sandbox, github, tokens, temp }: Stage, step: Step): Record<string, string> {
  const secrets = step.fork
    ? { 'github-token': tokens.fork }
    : {
        'tinybird-token': sandbox.adminToken,
        'github-token': tokens.workflow,
        'secrets-token': github.token,
      };
  const given = Object.entries(step.inputs).map(([name, value]) => [
    name,
    value.replace('$RUNNER_TEMP', temp),
  ]);
  return { 'tinybird-host': sandbox.url, project: 'tinybird', ...secrets, ...Object.fromEntries(given) };
}

/** The post step, with what the main step has saved. */
export async function playPost(stage: Stage, { end }: Played): Promise<ActionEnd> {
  const state = Object.entries(end.state).map(([name, value]) => [`STATE_${name}`, value]);
  return runAction({
    entry: stage.action.entry,
    event: 'push',
    payload: {},
    repository: REPOSITORY,
    sha: stage.git('rev-parse', 'HEAD'),
    ref: 'refs/heads/main',
    workspace: stage.folder,
    apiUrl: stage.github.url,
    inputs: {},
    env: Object.fromEntries(state),
  });
}

async function performAll(stage: Stage, acts: readonly Act[], folder: string): Promise<void> {
  for (const act of acts) await perform(stage, act, folder);
}

async function perform(stage: Stage, act: Act, folder: string): Promise<void> {
  const { workspace, github, sandbox } = stage;
  if ('promote' in act) {
    const { deploy, edit = {}, drop = [], promote } = act;
    const others = deploy === undefined ? null : join(folder, deploy);
    await workspace.deploy({ folder: others, edit, drop, promote });
  } else if ('discard' in act) await workspace.discard();
  else if ('events' in act) await workspace.insert(act.events);
  else if ('rows' in act) {
    for (const [name, rows] of Object.entries(act.rows)) await workspace.append(name, rows);
  } else if ('scopes' in act) await workspace.changeToken(act.token, act.scopes);
  else if ('refresh' in act) await workspace.refreshToken(act.refresh);
  else if ('use' in act) await workspace.useToken(act.use);
  else if ('environment' in act) github.addEnvironment(act.environment);
  else if ('secret' in act) github.addSecret(act.secret, 'of somebody else');
  else if ('existing' in act) await settle(stage, act);
  else if ('connections' in act) {
    const body = { connectors: act.connections.map((name) => ({ name })) };
    sandbox.fail('GET /v0/connectors', { status: 200, body, times: Number.POSITIVE_INFINITY });
  } else if ('tb' in act) await deployAlone(stage, act);
  else if ('render' in act) await render(stage, act.render);
  else {
    for (const [name, ledger] of github.variables) github.setVariable(name, aged(ledger, act.hours));
    // A JWT of the same second would be the same one again.
    await systemClock.sleep(1_000 - (Date.now() % 1_000));
  }
}

/** A ledger in which every JWT ends that many hours earlier. */
function aged(ledger: string, hours: number): string {
  return ledger.replaceAll(/\["([0-9a-f]{16})",(\d+)\]/g, (_, claims, expires) => {
    return `["${claims}",${Number(expires) - hours * 3_600}]`;
  });
}
