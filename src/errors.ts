// What can go wrong and how it reads: problems of the input (all at once), refusals (nothing was sent), failures (something was).

/** One thing wrong with one place of the user's input. Lines and columns count from 1. */
export interface Problem {
  /** Path as the user wrote it, or the name of an input; `-` is standard input. */
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
  /** The name it gets in the report; `bad-input` when it has none of its own. */
  readonly stop?: 'empty-list' | 'unreadable-list' | 'name-collision' | 'quota';
}

/** Values in, values out: what a pure step gives instead of throwing. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });
export const bad = <T = never>(...problems: readonly Problem[]): Result<T> => ({ ok: false, problems });

/** `file:line:column: message`, the form that editors and terminals make clickable. */
export function readProblem(problem: Problem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':');
  return `${place}: ${problem.message}`;
}

/** Why a run stopped; the name of a refusal is part of the report. */
export type StopName =
  | 'bad-input'
  | 'name-collision'
  | 'conflict'
  | 'wrong-workspace'
  | 'empty-list'
  | 'unreadable-list'
  | 'shrunken-list'
  | 'max-removals'
  | 'unsaid-removal'
  | 'loses-data'
  | 'backfill'
  | 'quota'
  | 'fan-out'
  | 'unfaithful'
  | 'plan-changed'
  | 'superseded'
  | 'deployment-in-progress'
  | 'not-proven'
  | 'server-refused'
  | 'request-failed'
  | 'failed';

/** 2: the fix is in the input, and nothing was sent. 1: the fix is elsewhere, or later. */
const EXIT_CODES: Partial<Record<StopName, 1>> = {
  'plan-changed': 1,
  superseded: 1,
  'deployment-in-progress': 1,
  'not-proven': 1,
  'server-refused': 1,
  'request-failed': 1,
  failed: 1,
};

/** The one error that reaches the edge: what was tried, on what, what came back, what to do. */
export class Stop extends Error {
  readonly stop: StopName;
  readonly problems: readonly Problem[];

  constructor(
    stop: StopName,
    message: string,
    options: { cause?: unknown; problems?: readonly Problem[] } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'Stop';
    this.stop = stop;
    this.problems = options.problems ?? [];
  }

  get exitCode(): 1 | 2 {
    return EXIT_CODES[this.stop] ?? 2;
  }
}

// A template that misses a variable has one problem per tenant; nobody reads ten thousand.
const PROBLEMS_SHOWN = 50;

/** The value, or the Stop that shows all problems. */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  const { problems } = result;
  const lines = problems.slice(0, PROBLEMS_SHOWN).map(readProblem);
  if (problems.length > PROBLEMS_SHOWN) lines.push(`… and ${problems.length - PROBLEMS_SHOWN} more problems`);
  throw new Stop(problems[0]?.stop ?? 'bad-input', lines.join('\n'), { problems });
}

/** For the default branch of an exhaustive switch: a new case does not compile until it is handled. */
export function assertNever(value: never): never {
  throw new Error(`unreachable case: ${JSON.stringify(value)}`);
}
