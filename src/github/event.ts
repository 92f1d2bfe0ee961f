// The payloads of the events that mean something to us; https://docs.github.com/en/webhooks/webhook-events-and-payloads
import * as z from 'zod';
import { bad, ok, type Result } from '../errors.ts';

interface OfDefaultBranch {
  /** Null when the payload does not say (old schedules). */
  readonly defaultBranch: string | null;
}

interface OfPullRequest {
  readonly number: number;
  /** Tip of the base branch when the event happened. */
  readonly baseSha: string;
  readonly headSha: string;
  /** Its workflow has no secrets and a token that only reads. */
  readonly isFork: boolean;
}

export type Event = OfDefaultBranch &
  (
    | {
        readonly event: 'push';
        /** Zeros when the branch is new. */
        readonly before: string;
        readonly deleted: boolean;
      }
    | ({ readonly event: 'pull_request' | 'pull_request_target' } & OfPullRequest)
    | { readonly event: 'workflow_dispatch' | 'schedule' | 'other' }
    | {
        readonly event: 'repository_dispatch';
        /** Ids from `client_payload.tenant`; null when it names none. Anyone who may write to the repository can send it. */
        readonly tenants: readonly string[] | null;
      }
  );

const Sha = z.string().regex(/^[0-9a-f]{40,64}$/, 'must be a commit');
const Repository = z.object({ default_branch: z.string().optional() }).optional();
const Any = z.object({ repository: Repository });
const Push = Any.extend({ before: Sha, deleted: z.boolean().default(false) });
const Side = z.object({ sha: Sha, repo: z.object({ full_name: z.string() }).nullable() });
const PullRequest = Any.extend({
  pull_request: z.object({ number: z.int().positive(), base: Side, head: Side }),
});

const MOST_CHARACTERS = 200;
const TenantId = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(MOST_CHARACTERS, `must have at most ${MOST_CHARACTERS} characters`)
  .regex(/^[^\p{Cc}\p{Cf}\u2028\u2029]*$/u, 'must not have control characters');
const TenantIds = z.string().transform((text) => text.split(','));
const RepositoryDispatch = Any.extend({
  client_payload: z
    .looseObject({
      tenant: z
        .union(
          [TenantIds, z.array(z.string())],
          'must be an id in quotes, several with commas, or a list of ids',
        )
        .pipe(z.array(TenantId).min(1, 'must be at least one id'))
        .optional(),
    })
    .nullish(),
});

/** @param name as in GITHUB_EVENT_NAME. */
export function readEvent(name: string, payload: unknown): Result<Event> {
  switch (name) {
    case 'push':
      return read(Push, payload, ({ before, deleted }) => ({ event: 'push', before, deleted }));
    case 'pull_request':
    case 'pull_request_target':
      return read(PullRequest, payload, ({ pull_request: pull }) => ({
        event: name,
        number: pull.number,
        baseSha: pull.base.sha,
        headSha: pull.head.sha,
        // The repository of a fork that was deleted is null.
        isFork: pull.head.repo === null || pull.head.repo.full_name !== pull.base.repo?.full_name,
      }));
    case 'repository_dispatch':
      return read(RepositoryDispatch, payload, ({ client_payload }) => ({
        event: 'repository_dispatch',
        tenants: client_payload?.tenant ?? null,
      }));
    case 'workflow_dispatch':
    case 'schedule':
      return read(Any, payload, () => ({ event: name }));
    default:
      return read(Any, payload, () => ({ event: 'other' }));
  }
}

type WithoutBranch<E> = E extends unknown ? Omit<E, 'defaultBranch'> : never;

function read<P extends z.output<typeof Any>>(
  schema: z.ZodType<P>,
  payload: unknown,
  event: (payload: P) => WithoutBranch<Event>,
): Result<Event> {
  const parsed = schema.safeParse(payload);
  if (!parsed.success) {
    return bad(
      ...parsed.error.issues.map(({ path, message }) => {
        // Which one of several it is says nothing to who has sent one.
        const named = path.filter((part) => typeof part === 'string').join('.');
        return { file: `event ${named}`, message: `${message}. Nothing was sent` };
      }),
    );
  }
  const defaultBranch = parsed.data.repository?.default_branch ?? null;
  return ok({ ...event(parsed.data), defaultBranch });
}
