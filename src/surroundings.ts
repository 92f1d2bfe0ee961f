// What a run stands in: event, clock, environment, and where its words and values go.
import type { Clock } from './clock.ts';
import type { Context } from './github/context.ts';
import type { Redact } from './redact.ts';

/** What a run stands in; the edges make it from the environment. */
export interface Surroundings {
  /** Null outside GitHub Actions. */
  readonly context: Context | null;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The checkout. */
  readonly cwd: string;
  /** Folder of the template sets that come with the product. */
  readonly shippedSets: string;
  /** One line of progress. */
  readonly say: (line: string) => void;
  /** What everything passes that is sent where others read it; it knows each value that was masked. */
  readonly redact: Redact;
  /** Takes every value before it leaves this process. */
  readonly mask: (value: string) => void;
  /** Takes the path of a file with values before it is written; whoever ends the job removes it. */
  readonly leaves: (file: string) => void;
}
