// The small GitHub for the demo and the tests: one repository, on a port of this machine, held to GitHub's own description of its API.
import { randomBytes } from 'node:crypto';
import sodium from 'libsodium-wrappers';
import { addComment } from './comments.ts';
import { type Fault, Faults } from './faults.ts';
import type { Desk, RecordedRequest } from './http.ts';
import { type Listening, listen } from './listen.ts';
import { emptyRepository, openRepository } from './repository.ts';
import { type Bearer, type Comment, newVault, type Permissions, type State, store, values } from './state.ts';

export interface GithubOptions {
  /** `owner/name`. */
  readonly repository: string;
  /** A Git repository that contents, references and comparisons are read from. Without it there are no commits. */
  readonly gitDir?: string;
  readonly defaultBranch?: string;
  readonly now?: () => Date;
}

const EVERYTHING: Permissions = {
  contents: 'write',
  issues: 'write',
  pull_requests: 'write',
  secrets: 'write',
  variables: 'write',
  environments: 'write',
  actions: 'write',
};

/** Starts on a free port of 127.0.0.1; dispose of it to stop. */
export async function startGithub(options: GithubOptions): Promise<Github> {
  await sodium.ready;
  const desk = { state: newState(options), faults: new Faults(), requests: [], violations: [] };
  return new Github(desk, await listen(desk));
}

function newState({ repository, gitDir, ...options }: GithubOptions): State {
  const [owner = '', repo = ''] = repository.split('/');
  return {
    owner,
    repo,
    defaultBranch: options.defaultBranch ?? 'main',
    git: gitDir === undefined ? emptyRepository : openRepository(gitDir),
    now: options.now ?? (() => new Date()),
    tokens: new Map(),
    repository: newVault('key-of-repository'),
    environments: new Map(),
    comments: new Map(),
    pulls: new Map(),
  };
}

/** A running server seen from outside its API: what it stores, who may do what, what shall go wrong. */
export class Github implements AsyncDisposable {
  /** API root as on github.com. */
  readonly url: string;
  /** The same, where GitHub Enterprise Server has it. */
  readonly enterpriseUrl: string;
  readonly repository: string;
  /** A token that may do everything, and whose it is. */
  readonly token: string;
  readonly login: string;
  readonly #desk: Desk;
  readonly #listening: Listening;

  constructor(desk: Desk, listening: Listening) {
    this.#desk = desk;
    this.#listening = listening;
    this.url = listening.origin;
    this.enterpriseUrl = `${listening.origin}/api/v3`;
    this.repository = `${desk.state.owner}/${desk.state.repo}`;
    this.login = desk.state.owner;
    this.token = this.grant({ login: this.login, permissions: EVERYTHING });
  }

  /** A further token. What a workflow has: `github-actions[bot]`, contents: read, pull_requests: write. */
  grant(bearer: Bearer): string {
    const prefix = bearer.login.endsWith('[bot]') ? 'ghs_' : 'github_pat_';
    const token = `${prefix}${randomBytes(18).toString('hex')}`;
    this.#desk.state.tokens.set(token, bearer);
    return token;
  }

  get requests(): readonly RecordedRequest[] {
    return this.#desk.requests;
  }

  /** Every difference from GitHub's description so far; a test asserts that it is empty. */
  get violations(): readonly string[] {
    return this.#desk.violations;
  }

  /** Oldest first. */
  comments(issue: number): readonly Comment[] {
    return [...this.#desk.state.comments.values()].filter((comment) => comment.issue === issue);
  }

  /** A comment as somebody else would write it. */
  addComment(comment: { readonly issue: number; readonly body: string; readonly author: string }): Comment {
    return addComment(this.#desk.state, comment);
  }

  /** Decrypted values by name. */
  get secrets(): ReadonlyMap<string, string> {
    return values(this.#desk.state.repository.secrets);
  }

  addSecret(name: string, value: string): void {
    store(this.#desk.state.repository.secrets, name, { value, at: this.#desk.state.now().toISOString() });
  }

  removeSecret(name: string): void {
    this.#desk.state.repository.secrets.delete(name);
  }

  addEnvironment(name: string): void {
    this.#desk.state.environments.set(name, newVault(`key-of-${name}`));
  }

  environmentSecrets(environment: string): ReadonlyMap<string, string> {
    return values(this.#desk.state.environments.get(environment)?.secrets ?? new Map());
  }

  get variables(): ReadonlyMap<string, string> {
    return values(this.#desk.state.repository.variables);
  }

  setVariable(name: string, value: string): void {
    store(this.#desk.state.repository.variables, name, { value, at: this.#desk.state.now().toISOString() });
  }

  removeVariable(name: string): void {
    this.#desk.state.repository.variables.delete(name);
  }

  get pullRequests() {
    const { pulls, now } = this.#desk.state;
    return {
      /** From branch to branch of the Git repository. */
      open: (pull: { readonly number: number; readonly head: string; readonly base: string }): void => {
        const title = `Pull request ${pull.number}`;
        pulls.set(pull.number, { ...pull, title, createdAt: now().toISOString(), mergeCommit: null });
      },
      merge: (number: number, commit: string): void => {
        const pull = pulls.get(number);
        if (pull === undefined) throw new Error(`no pull request ${number}`);
        pulls.set(number, { ...pull, mergeCommit: commit });
      },
    };
  }

  /** @param route as GitHub's description writes it, e.g. `PUT /repos/{owner}/{repo}/actions/secrets/{secret_name}`. */
  fail(route: string, fault: Fault): void {
    this.#desk.faults.add(route, fault);
  }

  /** Forgets everything but the tokens and the Git repository. */
  reset(): void {
    const { state, faults, requests, violations } = this.#desk;
    const { repository } = state;
    const shelves = [
      repository.secrets,
      repository.variables,
      state.environments,
      state.comments,
      state.pulls,
    ];
    for (const shelf of shelves) shelf.clear();
    faults.clear();
    requests.length = 0;
    violations.length = 0;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#listening.close();
  }
}
