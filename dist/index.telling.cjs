var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __export = (target, all) => {
  for (var name in all)
    __defProp(target, name, { get: all[name], enumerable: true });
};
var __copyProps = (to, from, except, desc) => {
  if (from && typeof from === "object" || typeof from === "function") {
    for (let key of __getOwnPropNames(from))
      if (!__hasOwnProp.call(to, key) && key !== except)
        __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
  }
  return to;
};
var __toCommonJS = (mod) => __copyProps(__defProp({}, "__esModule", { value: true }), mod);
var stdin_exports = {};
__export(stdin_exports, {
  publish: () => publish,
  shownReport: () => import_index_run_telling.shownReport,
  tell: () => tell,
  tellStop: () => tellStop
});
module.exports = __toCommonJS(stdin_exports);
var import_index_run_telling = require("./index.run+telling.cjs");
var import_index_main_step = require("./index.main-step.cjs");
var import_promises = require("node:fs/promises");
var import_node_path = require("node:path");
var import_promises2 = require("node:fs/promises");
// src/telling.ts
// src/comment.ts
var SAME_TEXT = "The step summary has the same text.";
async function commentOn(at) {
  const { report, shown, inputs, context, links, redact } = at;
  if (!inputs.comment || context.event !== "pull_request") return null;
  const client = await (0, import_index_run_telling.openClient)(inputs, context, "github-token");
  if (client === null) return `No comment on the pull request: \`github-token\` is not given. ${SAME_TEXT}`;
  const marker = (0, import_index_run_telling.plannedMarker)(report, inputs, redact);
  const room = import_index_run_telling.COMMENT_LIMIT - (0, import_index_run_telling.writeMarker)(marker).length - 1;
  const outcome = await (0, import_index_run_telling.upsertComment)(client, {
    number: context.number,
    marker,
    rungs: (0, import_index_run_telling.rungs)(shown, links, room).map(redact)
  });
  return outcome.kind === "skipped" ? `No comment on the pull request: ${outcome.sentence}. ${SAME_TEXT}` : null;
}
// src/report/annotations.ts
var MOST = { error: 9, warning: 10 };
var LONGEST = 1e3;
var annotationsOfProblems = (problems) => limited(
  problems.flatMap(
    ({ file, line, column, message }) => line === void 0 ? [] : [
      {
        level: "error",
        message,
        at: { file, line, ...column === void 0 ? {} : { column } }
      }
    ]
  )
);
function annotationsOf(report) {
  const { tenants, plan, stop, mode } = report;
  const places = new Map(tenants.map(({ id, at: at2 }) => [id, at2]));
  const at = (tenant) => tenant === null ? null : places.get(tenant) ?? null;
  const found = [];
  for (const { key, tenant, why } of plan.conflicts) {
    found.push({ level: "error", message: `${(0, import_index_main_step.nameOf)(key)}: ${why}`, at: at(tenant) });
  }
  for (const tenant of tenants) {
    const { id, failed, skipped } = tenant;
    if (failed !== null)
      found.push({ level: "error", message: `tenant ${id} failed: ${failed}`, at: tenant.at });
    if (failed !== null || skipped !== null || stop !== null) continue;
    const risk = riskOf(tenant);
    if (risk !== null)
      found.push({
        level: "warning",
        message: `tenant ${id} ${mode === "plan" ? "would be" : "is"} ${risk}`,
        at: tenant.at
      });
  }
  found.push(...findingsAt(report));
  return limited(found);
}
var findingsAt = ({ findings }) => (0, import_index_run_telling.certainFirst)(findings).map((finding) => {
  const { file, line, column } = finding;
  const message = (0, import_index_run_telling.reasonOf)(finding);
  return { level: "warning", message, at: (0, import_node_path.isAbsolute)(file) ? null : { file, line, column } };
});
function riskOf({ fate, changes }) {
  if (fate === "removed") return `removed: ${(0, import_index_run_telling.inventory)(changes)}`;
  const losing = changes.filter(({ hazards }) => hazards.includes("loses-data"));
  if (losing.length > 0)
    return `changed: ${losing.map(import_index_run_telling.sentence).join("; ")} (${(0, import_index_run_telling.hazardWords)(losing).join(", ")})`;
  const wide = changes.filter((change) => change.drift || (0, import_index_run_telling.excess)(change) !== null);
  return wide.length === 0 ? null : `brought back, somebody changed it in the workspace: ${wide.map(import_index_run_telling.sentence).join("; ")}`;
}
function limited(all) {
  return ["error", "warning"].flatMap((level) => {
    const own = all.filter((one) => one.level === level).map(short);
    if (own.length <= MOST[level]) return own;
    const shown = own.slice(0, MOST[level] - 1);
    const left = own.length - shown.length;
    return [
      ...shown,
      { level, message: `${(0, import_index_run_telling.plural)(left, `more ${level}`)}: the log and the summary have them all`, at: null }
    ];
  });
}
var short = (one) => one.message.length <= LONGEST ? one : { ...one, message: `${one.message.slice(0, LONGEST)}\u2026` };
// src/report/json.ts
function jsonOf(report) {
  const { plan, tenants, project, differences, findings, proof, ...rest } = report;
  return {
    ...rest,
    ...findings.length > 0 ? { findings } : {},
    ...proof === null ? {} : { verify: proof },
    checksum: plan.checksum,
    unchanged: plan.unchanged,
    foreign: plan.foreign,
    orphans: plan.orphans,
    conflicts: plan.conflicts.map(({ adopting, ...told2 }) => {
      return { ...told2, ...adopting === void 0 ? {} : { adopting: changeOf(adopting) } };
    }),
    steps: plan.steps.map(({ name, changes }) => ({ name, changes: told(changes, changeOf) })),
    project: told(project, changeOf),
    differences,
    tenants: told(tenants, ({ id, fate, set, failed, skipped }) => ({ id, fate, set, failed, skipped }))
  };
}
var told = (list, tell2) => ({
  *[Symbol.iterator]() {
    for (const one of list) yield tell2(one);
  },
  toJSON: () => list.map(tell2)
});
var changeOf = (change) => ({
  action: change.action,
  key: change.key,
  tenant: change.tenant,
  hazards: change.hazards,
  ..."fields" in change ? { fields: change.fields } : {},
  ..."access" in change ? { access: change.access } : {},
  ..."why" in change ? { why: change.why } : {},
  ...change.rows === void 0 ? {} : { rows: change.rows },
  ..."after" in change ? { from: change.after.from } : {},
  ...change.rotation ? { rotation: true } : {},
  ...change.drift ? { drift: true, ...editOf(change) } : {}
});
var editOf = (change) => "before" in change ? { updatedAt: change.before.updatedAt, editedBy: change.before.editedBy } : {};
async function writeReport(report, path, redact) {
  await (0, import_promises2.writeFile)(path, jsonPieces(report === null ? {} : jsonOf(report), redact));
}
function* jsonPieces(value, redact) {
  let text = "";
  for (const part of membersOf(value, { redact, margin: "" })) {
    text += part;
    if (text.length < PIECE) continue;
    yield text;
    text = "";
  }
  yield `${text}
`;
}
var PIECE = 1 << 16;
function* partsOf(value, { redact, margin }) {
  if (isList(value)) yield* itemsOf(value, { redact, margin });
  else if (isStep(value)) yield* membersOf(value, { redact, margin });
  else yield redact(JSON.stringify(value, null, 2).replaceAll("\n", `
${margin}`));
}
var isList = (value) => typeof value === "object" && value !== null && Symbol.iterator in value;
var isStep = (value) => typeof value === "object" && value !== null && "changes" in value && isList(value.changes);
function* itemsOf(list, { redact, margin }) {
  const inner = `${margin}  `;
  let begun = false;
  for (const item of list) {
    yield `${begun ? "," : "["}
${inner}`;
    begun = true;
    yield* partsOf(item, { redact, margin: inner });
  }
  yield begun ? `
${margin}]` : "[]";
}
function* membersOf(value, { redact, margin }) {
  const inner = `${margin}  `;
  const members = Object.entries(value).filter(([, member]) => member !== void 0);
  if (members.length === 0) {
    yield "{}";
    return;
  }
  for (const [n, [name, member]] of members.entries()) {
    yield `${n === 0 ? "{" : ","}
${inner}${JSON.stringify(name)}: `;
    yield* partsOf(member, { redact, margin: inner });
  }
  yield `
${margin}}`;
}
// src/report/outputs.ts
var LARGEST_MAP = 100 * 1024;
function outputs(report, reportPath) {
  if (report === null) return { ...EMPTY, "report-path": reportPath };
  const ids = (...fates) => JSON.stringify(
    report.tenants.filter(({ fate, failed, skipped }) => fates.includes(fate) && failed === null && skipped === null).map(({ id }) => id)
  );
  return {
    changed: ids("created", "updated", "suspended", "renewed", "removed"),
    created: ids("created"),
    updated: ids("updated", "suspended", "renewed"),
    removed: ids("removed"),
    failed: JSON.stringify(report.tenants.filter(({ failed }) => failed !== null).map(({ id }) => id)),
    orphaned: JSON.stringify([...new Set(report.plan.orphans.map(({ tenant }) => tenant))]),
    "token-ids": bounded(report.tokenIds),
    "secret-names": bounded(report.secrets.names),
    "plan-checksum": report.plan.checksum,
    "deployment-id": report.deploymentId ?? "",
    drift: String(report.drift),
    "report-path": reportPath
  };
}
var EMPTY = {
  changed: "[]",
  created: "[]",
  updated: "[]",
  removed: "[]",
  failed: "[]",
  orphaned: "[]",
  "token-ids": "{}",
  "secret-names": "{}",
  "plan-checksum": "",
  "deployment-id": "",
  drift: "false",
  "report-path": ""
};
function bounded(map) {
  const text = JSON.stringify(map);
  return text.length <= LARGEST_MAP ? text : "{}";
}
// src/report/terminal.ts
var SHOWN = 50;
var FINDINGS_SHOWN = 5;
var APART = 3;
function terminal(report) {
  const lines = [heading(report)];
  for (const change of report.project) lines.push(`  = project  ${(0, import_index_run_telling.sentence)(change)}`);
  lines.push(...tenantLines(report));
  if (report.plan.orphans.length > 0) {
    const names = [...new Set(report.plan.orphans.map(({ tenant }) => tenant))].slice(0, SHOWN).join(", ");
    lines.push(
      `  ? ${(0, import_index_run_telling.orphans)(report.plan)}: ${names}. To remove a tenant, bring its line back with \`state: removed\`, or run once with \`prune\`.`
    );
  }
  for (const note of report.notes) lines.push(`  i ${note}`);
  for (const line of (0, import_index_run_telling.findingLines)(report.findings, FINDINGS_SHOWN)) lines.push(`  ! ${line}`);
  if (report.proof !== null) lines.push(...(0, import_index_run_telling.failures)(report.proof), `  verified: ${(0, import_index_run_telling.headline)(report.proof)}`);
  lines.push(...secretLines(report));
  const facts = [(0, import_index_run_telling.totals)(report), (0, import_index_run_telling.untouched)(report), `Plan ${report.plan.checksum}`];
  lines.push(facts.filter(Boolean).join(". "));
  if (report.stop !== null) lines.push(`Stopped (${report.stop.name}): ${report.stop.message}`);
  return `${lines.join("\n")}
`;
}
function heading({ fleet, workspace, mode }) {
  const where = workspace === null ? "the workspace was not asked" : `workspace ${workspace.name}`;
  return `${HEADINGS[mode]}: fleet ${fleet}, ${where}`;
}
var HEADINGS = {
  plan: "Plan",
  apply: "Apply",
  renew: "Renew",
  rotate: "Rotate",
  verify: "Verify"
};
var WIDEST_ID = 30;
function tenantLines(report) {
  const all = (0, import_index_run_telling.rowsOf)(report).flatMap(
    (row) => row.tenants.length > APART ? [together(row)] : row.tenants.map((tenant) => alone(tenant, report.mode))
  );
  const shown = all.slice(0, SHOWN);
  const left = all.slice(SHOWN).reduce((sum, { tenants }) => sum + tenants, 0);
  const widest = (texts) => Math.max(0, ...texts.map(({ length }) => length));
  const who = Math.min(WIDEST_ID, widest(shown.map((line) => line.who)));
  const verb = widest(shown.map((line) => line.verb));
  return [
    ...shown.map((line) => `  ${line.sign} ${line.who.padEnd(who)}  ${line.verb.padEnd(verb)}  ${line.what}`),
    ...left > 0 ? [`  \u2026 and ${(0, import_index_run_telling.plural)(left, "tenant")} more`] : []
  ];
}
var alone = (tenant, mode) => ({
  sign: signOf(tenant),
  who: tenant.id,
  verb: (0, import_index_run_telling.verbOf)(tenant, mode),
  what: (0, import_index_run_telling.account)(tenant),
  tenants: 1
});
function together({ tenants, verb, parts, because }) {
  const [first] = tenants;
  const story = parts.map(({ name, text }) => name === null ? text : `${name}: ${text}`).join("; ");
  const names = tenants.slice(0, APART).map(({ id }) => id);
  return {
    sign: first === void 0 ? " " : signOf(first),
    who: (0, import_index_run_telling.plural)(tenants.length, "tenant"),
    verb: verb === "failed" ? "FAILED" : verb,
    what: `${story}${because === null ? "" : `: ${because}`} (${names.join(", ")}, \u2026)`,
    tenants: tenants.length
  };
}
var signOf = ({ fate, failed, skipped }) => failed === null && skipped === null ? import_index_run_telling.FATES[fate].sign : "x";
function secretLines({ secrets, mode }) {
  if (secrets.target === null) return [];
  const lines = [];
  const done = secrets.written.length + secrets.deleted.length;
  if (mode === "plan" && secrets.due > 0) {
    const { what, why } = (0, import_index_run_telling.secretsDueWords)(secrets);
    lines.push(`  ${what} to write or delete (${secrets.target}, ${why})`);
  }
  if (done > 0) {
    lines.push(
      `  ${(0, import_index_run_telling.plural)(secrets.written.length, "secret")} written, ${secrets.deleted.length} deleted (${secrets.target})`
    );
  }
  for (const { name, error: error2 } of secrets.failed) lines.push(`  x secret ${name}: ${error2}`);
  return lines;
}
// src/telling.ts
function tell(shown, { say, redact }) {
  say(terminal(shown));
  const why = (0, import_index_run_telling.failure)(shown);
  if (why !== null) (0, import_index_main_step.fail)(redact(why), shown.stop?.exitCode ?? 1);
  annotate(annotationsOf(shown), redact);
}
async function publish({ report, shown, inputs, context, redact, reportPath }) {
  const unwritten = await writeReport(report, reportPath, redact).catch(reasonOf2);
  const path = unwritten === void 0 ? reportPath : "";
  for (const [name, value] of Object.entries(outputs(report, path))) (0, import_index_main_step.setOutput)(name, value);
  if (unwritten !== void 0) (0, import_index_main_step.fail)(redact(`The report ${reportPath} could not be written: ${unwritten}`), 1);
  if (report === null || shown === null) return;
  const links = linksOf(context);
  await summarise(redact((0, import_index_run_telling.rungs)(shown, links, import_index_run_telling.SUMMARY_LIMIT)[0] ?? ""));
  const comment = redact((0, import_index_run_telling.rungs)(shown, links, import_index_run_telling.COMMENT_LIMIT - 1e3)[0] ?? "");
  if (path !== "") await (0, import_promises.writeFile)(path.replace(/\.json$/, ".md"), `${comment}
`);
  if (inputs === null || context === null) return;
  const notice2 = await commentOn({ report, shown, inputs, context, links, redact });
  if (notice2 !== null) (0, import_index_main_step.notice)(redact(notice2));
}
var linksOf = (context) => ({
  run: context?.runUrl ?? null,
  base: context !== null && "baseSha" in context ? context.baseSha : null,
  head: context !== null && "headSha" in context ? context.headSha : context?.sha ?? null
});
async function tellStop(error2, redact) {
  if (error2 instanceof import_index_main_step.Stop) annotate(annotationsOfProblems(error2.problems), redact);
  await summarise(redact((0, import_index_run_telling.stopSummary)(error2, redact)));
}
function annotate(annotations, redact) {
  for (const { level, message, at } of annotations) {
    const tell2 = level === "error" ? import_index_main_step.error : import_index_main_step.warning;
    tell2(redact(message), {
      title: "Tinybird tenants",
      ...at === null ? {} : { file: at.file },
      ...at?.line === void 0 ? {} : { startLine: at.line },
      ...at?.column === void 0 ? {} : { startColumn: at.column }
    });
  }
}
async function summarise(text) {
  if (!process.env.GITHUB_STEP_SUMMARY) return;
  const failed = await import_index_main_step.summary.addRaw(text, true).write().then(() => null, reasonOf2);
  if (failed !== null) (0, import_index_main_step.warning)(`The summary could not be written: ${failed}`);
}
var reasonOf2 = (error2) => error2 instanceof Error ? error2.message : String(error2);
// Annotate the CommonJS export names for ESM import in node:
0 && (module.exports = {
  publish,
  shownReport,
  tell,
  tellStop
});
/*! For license information please see index.cjs.LEGAL.txt */
