// The report as JSON, for files and `--json`: everything about the run, and no token value.
import { writeFile } from 'node:fs/promises';
import type { Change } from '../model.ts';
import type { Redact } from '../redact.ts';
import type { Report } from './report.ts';

/** Changes by name, action and reason, and what they change in the texts: each difference once, whoever shares it. */
export function jsonOf(report: Report): Readonly<Record<string, unknown>> {
  const { plan, tenants, project, differences, findings, proof, ...rest } = report;
  return {
    ...rest,
    ...(findings.length > 0 ? { findings } : {}),
    ...(proof === null ? {} : { verify: proof }),
    checksum: plan.checksum,
    unchanged: plan.unchanged,
    foreign: plan.foreign,
    orphans: plan.orphans,
    conflicts: plan.conflicts.map(({ adopting, ...told }) => {
      return { ...told, ...(adopting === undefined ? {} : { adopting: changeOf(adopting) }) };
    }),
    steps: plan.steps.map(({ name, changes }) => ({ name, changes: told(changes, changeOf) })),
    project: told(project, changeOf),
    differences,
    tenants: told(tenants, ({ id, fate, set, failed, skipped }) => ({ id, fate, set, failed, skipped })),
  };
}

/** A list in JSON's words, made item by item: a large fleet has hundreds of thousands. */
const told = <T>(list: readonly T[], tell: (one: T) => unknown) => ({
  *[Symbol.iterator]() {
    for (const one of list) yield tell(one);
  },
  toJSON: () => list.map(tell),
});

const changeOf = (change: Change) => ({
  action: change.action,
  key: change.key,
  tenant: change.tenant,
  hazards: change.hazards,
  ...('fields' in change ? { fields: change.fields } : {}),
  ...('access' in change ? { access: change.access } : {}),
  ...('why' in change ? { why: change.why } : {}),
  ...(change.rows === undefined ? {} : { rows: change.rows }),
  ...('after' in change ? { from: change.after.from } : {}),
  ...(change.rotation ? { rotation: true } : {}),
  ...(change.drift ? { drift: true, ...editOf(change) } : {}),
});

const editOf = (change: Change) =>
  'before' in change ? { updatedAt: change.before.updatedAt, editedBy: change.before.editedBy } : {};

export async function writeReport(report: Report | null, path: string, redact: Redact): Promise<void> {
  await writeFile(path, jsonPieces(report === null ? {} : jsonOf(report), redact));
}

/**
 * A value as indented JSON, redacted, in pieces: of a large fleet the whole text would be hundreds of megabytes. What is
 * secret stands within a text, and a text within a piece.
 */
export function* jsonPieces(value: Readonly<Record<string, unknown>>, redact: Redact): Generator<string> {
  let text = '';
  for (const part of membersOf(value, { redact, margin: '' })) {
    text += part;
    if (text.length < PIECE) continue;
    yield text;
    text = '';
  }
  yield `${text}\n`;
}

/** UTF-16 units; as many as are worth a write of their own. */
const PIECE = 1 << 16;

interface Form {
  readonly redact: Redact;
  /** Blanks before each line. */
  readonly margin: string;
}

/** Lists become pieces item by item, down to the changes of a step. */
function* partsOf(value: unknown, { redact, margin }: Form): Generator<string> {
  if (isList(value)) yield* itemsOf(value, { redact, margin });
  else if (isStep(value)) yield* membersOf(value, { redact, margin });
  else yield redact(JSON.stringify(value, null, 2).replaceAll('\n', `\n${margin}`));
}

const isList = (value: unknown): value is Iterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.iterator in value;

const isStep = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && 'changes' in value && isList(value.changes);

function* itemsOf(list: Iterable<unknown>, { redact, margin }: Form): Generator<string> {
  const inner = `${margin}  `;
  let begun = false;
  for (const item of list) {
    yield `${begun ? ',' : '['}\n${inner}`;
    begun = true;
    yield* partsOf(item, { redact, margin: inner });
  }
  yield begun ? `\n${margin}]` : '[]';
}

function* membersOf(value: Readonly<Record<string, unknown>>, { redact, margin }: Form): Generator<string> {
  const inner = `${margin}  `;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  if (members.length === 0) {
    yield '{}';
    return;
  }
  for (const [n, [name, member]] of members.entries()) {
    yield `${n === 0 ? '{' : ','}\n${inner}${JSON.stringify(name)}: `;
    yield* partsOf(member, { redact, margin: inner });
  }
  yield `\n${margin}}`;
}
