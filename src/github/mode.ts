// What this run may do: decided by the event and the command alone.
import { assertNever } from '../errors.ts';
import type { Context } from './context.ts';

export type Command = 'auto' | 'plan' | 'apply' | 'rotate' | 'verify';

export interface Mode {
  /** `renew`: write JWTs that are due, retire old tokens, report drift, change nothing else. */
  readonly mode: 'plan' | 'apply' | 'renew' | 'rotate' | 'verify' | 'refused';
  /** Why, as a sentence for the log. */
  readonly reason: string;
}

export function mode(context: Context, command: Command): Mode {
  if (context.event === 'pull_request_target') {
    const reason =
      'pull_request_target runs with secrets on what a stranger may have written; use pull_request, which plans without any';
    return { mode: 'refused', reason };
  }
  const may = mayChange(context);
  switch (command) {
    case 'auto':
      return context.event === 'schedule'
        ? { mode: 'renew', reason: 'a schedule renews JWTs that are due and reports drift' }
        : { mode: may.allowed ? 'apply' : 'plan', reason: may.reason };
    case 'plan':
    case 'verify':
      return { mode: command, reason: `the command is ${command}` };
    case 'rotate':
      if (context.event === 'schedule') return { mode: command, reason: 'a schedule asks for it' };
      return changing(command, may);
    case 'apply':
      return changing(command, may);
    default:
      return assertNever(command);
  }
}

const changing = (command: 'apply' | 'rotate', may: Allowed): Mode =>
  may.allowed
    ? { mode: command, reason: may.reason }
    : { mode: 'refused', reason: `${command} is not for this event: ${may.reason}` };

interface Allowed {
  readonly allowed: boolean;
  readonly reason: string;
}

/** Only what has been merged, or what somebody with write access asked for, changes the workspace. */
function mayChange(context: Context): Allowed {
  switch (context.event) {
    case 'push':
      return pushMayChange(context);
    case 'workflow_dispatch':
      return { allowed: true, reason: 'it was started by hand' };
    case 'repository_dispatch':
      return { allowed: true, reason: 'another system asked for it' };
    case 'pull_request':
      return { allowed: false, reason: `pull request #${context.number} is not merged` };
    case 'schedule':
      return { allowed: false, reason: 'a schedule only renews and reports' };
    case 'pull_request_target':
    case 'other':
      return { allowed: false, reason: `the event ${context.eventName} only plans` };
    default:
      return assertNever(context);
  }
}

function pushMayChange({ ref, defaultBranch }: Context): Allowed {
  if (defaultBranch === null) {
    return { allowed: false, reason: 'the event does not say which branch is the default one' };
  }
  return ref === `refs/heads/${defaultBranch}`
    ? { allowed: true, reason: `a push to ${defaultBranch}` }
    : { allowed: false, reason: `a push to ${ref} and not to ${defaultBranch}` };
}
