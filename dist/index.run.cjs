var __create = Object.create;
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __getProtoOf = Object.getPrototypeOf;
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
var __toESM = (mod, isNodeMode, target) => (target = mod != null ? __create(__getProtoOf(mod)) : {}, __copyProps(
  // If the importer is in node compatibility mode or this is not an ESM
  // file that has been converted to a CommonJS file using a Babel-
  // compatible transform (i.e. "__esModule" has not been set), then set
  // "default" to the CommonJS "module.exports" for node compatibility.
  isNodeMode || !mod || !mod.__esModule ? __defProp(target, "default", { value: mod, enumerable: true }) : target,
  mod
));
var __toCommonJS = (mod) => __copyProps(__defProp({}, "__esModule", { value: true }), mod);
var stdin_exports = {};
__export(stdin_exports, {
  compareWithBase: () => compareWithBase,
  run: () => run
});
module.exports = __toCommonJS(stdin_exports);
var import_index_run_telling = require("./index.run+telling.cjs");
var import_index_generations_run = require("./index.generations+run.cjs");
var import_index_main_step = require("./index.main-step.cjs");
var import_promises = require("node:timers/promises");
var import_node_crypto = require("node:crypto");
var import_node_util = require("node:util");
var import_node_crypto2 = require("node:crypto");
var import_node_crypto3 = require("node:crypto");
var import_node_crypto4 = require("node:crypto");
var import_promises2 = require("node:fs/promises");
var import_node_path = require("node:path");
var import_promises3 = require("node:fs/promises");
var import_node_path2 = require("node:path");
var import_node_crypto5 = require("node:crypto");
// src/datafile/mentions.ts
function mentionsIn(sql) {
  const mentions = [];
  let isTable = false;
  for (const { kind, text, at, end } of (0, import_index_run_telling.lexemes)(sql)) {
    if (kind === "comment") continue;
    if (kind === "word" || kind === "name") mentions.push({ name: text, at, end, isTable });
    isTable = kind === "word" && /^(?:FROM|JOIN)$/i.test(text);
  }
  return mentions;
}
// src/plan/views.ts
var BESIDE = /__(?:next|fill)$/;
var nextOf = (name) => `${name}__next`;
var fillOf = (name) => `${name}__fill`;
function viewOf(pipe) {
  const node = pipe.nodes.find(({ type }) => type === "materialized");
  const target = node?.settings.find(({ command }) => command === "DATASOURCE")?.value;
  return node === void 0 || target === void 0 ? null : { pipe, node, target };
}
function fillingOf(pipe, backfill, datasourceOf) {
  if (backfill !== "exact") return { kind: backfill };
  const nodes = new Set(pipe.nodes.map(({ name }) => name));
  const tables = pipe.nodes.flatMap(({ sql }) => mentionsIn(sql)).filter(({ isTable, name }) => isTable && !nodes.has(name)).map(({ name }) => name);
  const [source, ...others] = tables;
  if (source === void 0 || others.length > 0) {
    return { kind: "impossible", why: `it reads ${tables.length === 0 ? "no table" : tables.join(" and ")}` };
  }
  const datasource = datasourceOf(source);
  if (datasource === void 0) return { kind: "impossible", why: `${source} is not a data source` };
  const column = ingestionColumn(datasource.columns);
  if (column !== void 0) return { kind: "exact", source, column: column.name };
  return {
    kind: "impossible",
    why: `${source} has no column that says when a row was ingested (like \`inserted_at DateTime64(3) DEFAULT now64(3)\`)`
  };
}
var ingestionColumn = (columns) => columns.find(
  ({ type, default: value }) => /^DateTime/.test(type) && /^now(64)?\s*\(/i.test((value ?? "").trim())
);
var CUT_NODE = "ingested_since";
var FILL_NODE = "ingested_before";
function cutView(pipe, { source, column }, cutoff) {
  const half = (name, operator) => {
    const cut = {
      name,
      description: "",
      sql: `SELECT * FROM ${source} WHERE ${column} ${operator} fromUnixTimestamp64Milli(toInt64(${cutoff}))`,
      type: "standard",
      settings: []
    };
    return { ...pipe, nodes: [cut, ...pipe.nodes.map((node) => reading(node, source, name))] };
  };
  return { since: half(CUT_NODE, ">="), before: half(FILL_NODE, "<") };
}
function reading(node, source, instead) {
  const place = mentionsIn(node.sql).find(({ name, isTable }) => isTable && name === source);
  if (place === void 0) return node;
  const rest = node.sql.slice(place.end);
  const alias = isAliased(rest) ? "" : ` AS \`${source}\``;
  return { ...node, sql: `${node.sql.slice(0, place.at)}${instead}${alias}${rest}` };
}
var CLAUSE = /^(?:PREWHERE|WHERE|GROUP|ORDER|HAVING|LIMIT|UNION|SETTINGS|FINAL|SAMPLE|ARRAY|LEFT|RIGHT|INNER|FULL|CROSS|ANY|ALL|ASOF|SEMI|ANTI|JOIN|GLOBAL|WINDOW|QUALIFY|INTERSECT|EXCEPT|FORMAT|OFFSET|WITH)$/i;
function isAliased(rest) {
  const word = /^\s+([A-Za-z_`"]\w*)/.exec(rest)?.[1];
  return word !== void 0 && !CLAUSE.test(word);
}
function uncut(pipe) {
  const [cut, ...nodes] = pipe.nodes;
  if (cut?.name !== CUT_NODE) return pipe;
  const source = mentionsIn(cut.sql).find(({ isTable }) => isTable)?.name;
  if (source === void 0) return pipe;
  return { ...pipe, nodes: nodes.map((node) => ({ ...node, sql: plain(node.sql, source) })) };
}
function plain(sql, source) {
  const place = mentionsIn(sql).find(({ name }) => name === CUT_NODE);
  if (place === void 0) return sql;
  const rest = sql.slice(place.end);
  const alias = ` AS \`${source}\``;
  return `${sql.slice(0, place.at)}${source}${rest.startsWith(alias) ? rest.slice(alias.length) : rest}`;
}
// src/plan/afterwards.ts
function afterwards(changes, { resources }) {
  const there = /* @__PURE__ */ new Map();
  for (const { name, datafile } of resources) there.set(name, { datafile, before: datafile, after: null });
  for (const change of changes) {
    const name = (0, import_index_main_step.nameOf)(change.key);
    if (change.key.startsWith("token/")) continue;
    if (change.action === "delete") there.delete(name);
    else if (change.after.resource.kind !== "token") {
      const before = there.get(name)?.before ?? null;
      there.set(name, { datafile: change.after.resource, before, after: change.after });
    }
  }
  return there;
}
function* viewsOf(there) {
  for (const standing of there.values()) {
    const view = standing.datafile.kind === "pipe" ? viewOf(standing.datafile) : null;
    if (view !== null) yield { view, standing };
  }
}
function triggerOf({ pipe, node }, there) {
  const seen = /* @__PURE__ */ new Set();
  let at = { pipe, node };
  for (; ; ) {
    const nodes = new Map(at.pipe.nodes.map((one2) => [one2.name, one2]));
    const name = mentionsIn(at.node.sql).find((one2) => one2.isTable)?.name;
    if (name === void 0 || seen.has(name)) return null;
    seen.add(name);
    const own = nodes.get(name);
    const other = there.get(name)?.datafile;
    if (own !== void 0) at = { pipe: at.pipe, node: own };
    else if (other?.kind === "pipe") {
      const last = other.nodes.find(({ type }) => type === "endpoint") ?? other.nodes.at(-1);
      if (last === void 0) return null;
      at = { pipe: other, node: last };
    } else return other === void 0 ? null : name;
  }
}
function reachOf(pipe, there) {
  const reached = /* @__PURE__ */ new Set();
  const open = [pipe];
  for (let next = open.pop(); next !== void 0; next = open.pop()) {
    for (const { name } of next.nodes.flatMap(({ sql }) => mentionsIn(sql).filter((one2) => one2.isTable))) {
      const found = there.get(name)?.datafile;
      if (found === void 0 || reached.has(name) || name === pipe.name) continue;
      reached.add(name);
      if (found.kind === "pipe") open.push(found);
    }
  }
  return reached;
}
// src/plan/guard-words.ts
var SHOWN = 10;
function sample(names2) {
  const shown2 = names2.toSorted().slice(0, SHOWN).join(", ");
  return names2.length > SHOWN ? `${shown2} and ${(0, import_index_run_telling.grouped)(names2.length - SHOWN)} more` : shown2;
}
var dayOf = (now) => new Date(now * 1e3).toISOString().slice(0, 10);
function allowanceOf({ allow = [] }, hazard, today) {
  const [latest] = allow.filter((one2) => one2.hazard === hazard).toSorted((one2, other) => one2.until < other.until ? 1 : -1);
  return latest === void 0 ? null : { holds: latest.until >= today, allowance: latest };
}
var DAYS = 14;
function lineFor(hazard, today) {
  const until = dayOf(Date.parse(`${today}T00:00:00Z`) / 1e3 + DAYS * 86400);
  return `allow: [{ hazard: ${hazard}, reason: "why it may happen", until: ${until} }]`;
}
// src/plan/insert-cost.ts
var INSERT_MS_PER_VIEW = 1.7;
// src/plan/fan-out.ts
var NOTED = 50;
var REFUSED = 500;
var ELSEWHERE = "a set without a view of its own, like own-endpoints";
function fanOut(guarded, today) {
  for (const { source, views, added } of fanOuts(guarded)) {
    const refused = added.filter((one2) => allowanceOf(one2, "fan-out", today)?.holds !== true);
    if (views < REFUSED || refused.length === 0) continue;
    const sets = [...new Set(refused.flatMap(({ set }) => set ?? []))];
    const ended3 = refused.flatMap((one2) => allowanceOf(one2, "fan-out", today)?.allowance.until ?? []).sort();
    const end = ended3.length > 0 ? ` What allowed it ended on ${ended3.at(-1)}.` : "";
    const where = sets.length > 0 ? `into set.yaml of ${sample(sets)}` : "at the top level of the list, for the project";
    return new import_index_main_step.Stop(
      "fan-out",
      `${source} would feed ${(0, import_index_run_telling.plural)(views, "view")}, ${(0, import_index_run_telling.grouped)(added.length)} of them new, and more than ${REFUSED - 1} need consent: ${costOf(views)}.${end} Nothing was sent. Give the tenants ${ELSEWHERE}; or, if every insert may take that long, write ${where}:
  ${lineFor("fan-out", today)}`
    );
  }
  return null;
}
function fanOutNotes(guarded, today) {
  return fanOuts(guarded).map(({ source, views, added }) => {
    const allowed3 = added.map((one2) => allowanceOf(one2, "fan-out", today)).find((found) => found?.holds === true)?.allowance;
    const agreed = views < REFUSED || allowed3 === void 0 ? "" : `, as allowed until ${allowed3.until}: ${allowed3.reason}`;
    return `${source} feeds ${(0, import_index_run_telling.plural)(views, "view")}: ${costOf(views)}${agreed === "" ? `; ${ELSEWHERE}, adds nothing to it` : agreed}`;
  });
}
function costOf(views) {
  const ms = Number((views * INSERT_MS_PER_VIEW).toPrecision(2));
  const time = ms < 1e3 ? `${ms} ms` : `${ms / 1e3} s`;
  return `about ${time} more on every insert (${INSERT_MS_PER_VIEW} ms a view, measured)`;
}
function fanOuts({ plan: plan2, live }) {
  const changes = (0, import_index_run_telling.changesIn)(plan2);
  const isView = ({ resource }) => resource.kind === "pipe" && viewOf(resource) !== null;
  if (!changes.some((change) => change.action !== "delete" && isView(change.after))) return [];
  const there = afterwards(changes, live);
  const bySource = /* @__PURE__ */ new Map();
  for (const { view, standing } of viewsOf(there)) {
    const source = triggerOf(view, there);
    if (source === null) continue;
    const found = bySource.get(source) ?? { views: 0, added: [] };
    found.views += 1;
    if (standing.after !== null && sourceBefore(standing.before, there) !== source)
      found.added.push(standing.after);
    bySource.set(source, found);
  }
  return [...bySource].filter(([, { views, added }]) => views >= NOTED && added.length > 0).map(([source, found]) => ({ source, ...found })).sort((one2, other) => one2.source < other.source ? -1 : 1);
}
function sourceBefore(before, there) {
  const view = before?.kind === "pipe" ? viewOf(before) : null;
  return view === null ? null : triggerOf(view, there);
}
// src/plan/retention.ts
function retentionLoss(after2, before) {
  const wanted = ttlOf(after2);
  const live = ttlOf(before);
  if (wanted === "") return null;
  if (live === "") {
    const isTold = before.engine !== null && before.engine.options.length > 0;
    return isTold ? `it keeps its rows now, and would forget them (TTL ${wanted})` : null;
  }
  if ((0, import_index_run_telling.sameExpression)(wanted, live) || !(0, import_index_run_telling.isShorter)(wanted, live)) return null;
  const [next, now] = [spanOf(wanted), spanOf(live)];
  return next === null || now === null || next === now ? `its TTL is ${live}, and would be ${wanted}, which may be shorter` : `it keeps rows for ${now}, and would keep them for ${next}`;
}
var forgets = (datasource) => ttlOf(datasource) !== "";
var ttlOf = (datasource) => (0, import_index_run_telling.engineOption)(datasource, "TTL");
var SPAN = /toInterval(\w+)\s*\(\s*(\d+)\s*\)|INTERVAL\s+'?(\d+)'?\s+(\w+)/gi;
function spanOf(ttl) {
  const [one2, ...others] = [...ttl.matchAll(SPAN)];
  if (one2 === void 0 || others.length > 0) return null;
  const [, unitOfCall, ofCall3, ofInterval, unitOfInterval] = one2;
  const count2 = Number(ofCall3 ?? ofInterval);
  const unit = (unitOfCall ?? unitOfInterval ?? "").toLowerCase().replace(/s$/, "");
  return `${count2} ${unit}${count2 === 1 ? "" : "s"}`;
}
// src/plan/losses.ts
function withLosses(changes, live) {
  const losses2 = lossesOf(changes, live);
  return changes.map((change) => {
    const loss2 = losses2.get(change.key);
    if (change.action === "delete") return change;
    const others = change.hazards.filter((hazard) => hazard !== LOSES);
    if (loss2 !== void 0) return { ...change, hazards: [LOSES, ...others], rows: loss2.rows };
    return others.length === change.hazards.length ? change : { ...change, hazards: others };
  });
}
var LOSES = "loses-data";
function lossesOf(changes, live) {
  const known2 = knowledgeOf(changes, live);
  const losses2 = /* @__PURE__ */ new Map();
  for (const change of changes) {
    const loss2 = change.action === "delete" ? null : lossOf(change, known2);
    if (loss2 !== null) losses2.set(change.key, loss2);
  }
  return losses2;
}
function lossOf(change, known2) {
  const { resource } = change.after;
  if (resource.kind === "token") return null;
  const table = resource.kind === "datasource" ? resource.name : viewOf(resource)?.target;
  const before = table === void 0 ? void 0 : known2.live(table);
  if (table === void 0 || before?.kind !== "datasource") return null;
  const anew = resource.kind === "pipe" ? viewLoss(change, table, known2) : tableLoss(resource, before, known2);
  const why = anew ?? (resource.kind === "pipe" ? null : retentionLoss(resource, before));
  return why === null ? null : { table, rows: known2.rows(table), why, isMadeAnew: anew !== null };
}
function viewLoss(change, target, known2) {
  const old = known2.live(change.key.slice("pipe/".length));
  const stays = old?.kind === "pipe" && viewOf(old)?.target === target;
  const isAnew = stays ? change.action === "update" && change.fields.some((field) => REMADE.has(field)) : !known2.isClassic;
  const why = isAnew ? refillLoss(target, known2) : null;
  return why === null ? null : `${target} is made anew: ${why}`;
}
var REMADE = /* @__PURE__ */ new Set(["sql", "nodes", "type"]);
function tableLoss(after2, before, known2) {
  if (!(0, import_index_run_telling.needsNewTable)(after2, before)) return null;
  const own = after2.forwardQuery === null ? refillLoss(after2.name, known2) : null;
  if (own !== null) return `no ALTER makes this change, so that the table is made anew: ${own}`;
  const readers = forgets(after2) ? known2.readers(after2.name) : [];
  if (readers.length === 0) return null;
  return `${readers.length === 1 ? `the table that ${readers[0]} fills is` : `the tables that ${readers.length} views fill are`} then filled anew from it, and it forgets its rows (TTL)`;
}
function refillLoss(name, known2) {
  const table = known2.there.get(name)?.datafile;
  if (table?.kind === "datasource" && skipsBackfill(table)) return "it says BACKFILL skip";
  const views = known2.fillers(name);
  if (views.length === 0) return "no view fills it, so that nothing brings its rows back";
  const appender = known2.appender(name);
  if (appender !== void 0) {
    return `${appender} appends to it, and what was appended is in no other table`;
  }
  for (const view of views) {
    const sources = [...reachOf(view, known2.there)].flatMap(
      (source) => known2.there.get(source)?.datafile ?? []
    );
    const forgetful = sources.find((source) => source.kind === "datasource" && forgets(source));
    if (forgetful !== void 0) return forgetting(forgetful.name, view.name);
    if (sources.length === 0) return `it is not known what ${view.name} reads`;
  }
  return null;
}
var forgetting = (source, view) => `${source} forgets its rows (TTL), so that ${view} could not read all of them again`;
var skipsBackfill = ({ settings }) => settings.some(({ command, value }) => command === "BACKFILL" && /^skip$/i.test(value));
function knowledgeOf(changes, live) {
  const there = lazy(() => afterwards(changes, live));
  const byName4 = lazy(() => new Map(live.resources.map((one2) => [one2.name, one2])));
  const fillers = lazy(() => Map.groupBy([...viewsOf(there())], ({ view }) => view.target));
  const readers = lazy(() => readersOf(there()));
  const appenders = lazy(
    () => new Map(
      live.tokens.flatMap(
        ({ name, scopes }) => scopes.flatMap(
          ({ type, resource }) => resource !== null && type.endsWith(":APPEND") ? [[resource, `the token ${name}`]] : []
        )
      )
    )
  );
  return {
    isClassic: live.beside !== void 0,
    get there() {
      return there();
    },
    live: (name) => byName4().get(name)?.datafile,
    rows: (name) => byName4().get(name)?.rows ?? null,
    fillers: (name) => (fillers().get(name) ?? []).map(({ view }) => view.pipe),
    readers: (name) => readers().get(name) ?? [],
    appender: (name) => appenders().get(name)
  };
}
function readersOf(there) {
  const readers = /* @__PURE__ */ new Map();
  for (const { view } of viewsOf(there)) {
    for (const name of reachOf(view.pipe, there)) {
      const own = readers.get(name);
      if (own === void 0) readers.set(name, [view.pipe.name]);
      else own.push(view.pipe.name);
    }
  }
  return readers;
}
function lazy(make) {
  let made = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
// src/plan/guard-losses.ts
var LINES_SHOWN = 20;
function losses(guarded, fleet, today) {
  const refused = losing(guarded).filter(
    ({ after: after2 }) => allowanceOf(after2, "loses-data", today)?.holds !== true
  );
  if (refused.length === 0) return null;
  const lines = refused.slice(0, LINES_SHOWN).map((one2) => `  ${lineOf2(one2, today)}`);
  if (refused.length > LINES_SHOWN)
    lines.push(`  \u2026 and ${(0, import_index_run_telling.plural)(refused.length - LINES_SHOWN, "more change")}`);
  const keep = refused.some(({ isMadeAnew }) => isMadeAnew) ? `${KEEP}
` : "";
  return new import_index_main_step.Stop(
    "loses-data",
    `${(0, import_index_run_telling.plural)(refused.length, "change")} would lose rows, and nobody has agreed to that:
${lines.join("\n")}
Nothing was sent. ${keep}If the rows may go, write ${places(refused, fleet)}:
  ${lineFor("loses-data", today)}`
  );
}
var KEEP = "To keep the rows, give what changes a new role, so that it stands beside the old one; on Forward a FORWARD_QUERY in the data source carries them over.";
function lineOf2({ change, after: after2, rows, why }, today) {
  const held2 = rows === null ? "" : ` (${(0, import_index_run_telling.plural)(rows, "row")})`;
  const ended3 = allowanceOf(after2, "loses-data", today);
  const end = ended3 === null ? "" : `; what allowed it ended on ${ended3.allowance.until}`;
  return `${after2.tenant ?? "project"}: ${change.key}${held2}: ${why}${end}`;
}
var PLACES_SHOWN = 3;
function places(refused, fleet) {
  const lines = new Map(fleet.tenants.map(({ id, at }) => [id, at]));
  const tenants = new Set(refused.flatMap(({ after: after2 }) => after2.tenant ?? []));
  const sets = new Set(refused.flatMap(({ after: after2 }) => after2.set ?? []));
  const found = [];
  const writable = [...tenants].flatMap((id) => {
    const at = lines.get(id);
    return at === void 0 || at.file.toLowerCase().endsWith(".csv") ? [] : [`${at.file}:${at.line} (${id})`];
  });
  if (writable.length > 0 && writable.length <= PLACES_SHOWN) found.push(`at ${writable.join(" and ")}`);
  if (sets.size > 0)
    found.push(
      `${found.length > 0 ? "or for all tenants of the set " : ""}into set.yaml of ${sample([...sets])}`
    );
  if (refused.some(({ after: after2 }) => after2.tenant === null)) {
    found.push(`${found.length > 0 ? "and " : ""}for the project at the top level of the list`);
  }
  return found.join(", ");
}
function lossNotes({ plan: plan2 }, today) {
  const allowed3 = (0, import_index_run_telling.changesIn)(plan2).flatMap((change) => {
    if (change.action === "delete" || !change.hazards.includes("loses-data")) return [];
    const found = allowanceOf(change.after, "loses-data", today);
    return found?.holds === true ? [{ who: change.after.tenant ?? "the project", ...found.allowance }] : [];
  });
  return [...Map.groupBy(allowed3, ({ until, reason }) => `until ${until}: ${reason}`)].map(
    ([said5, who]) => `rows may be lost of ${sample([...new Set(who.map((one2) => one2.who))])}, as allowed ${said5}`
  );
}
function losing({ plan: plan2, live }) {
  const changes = (0, import_index_run_telling.changesIn)(plan2);
  if (!changes.some(({ action, hazards }) => action !== "delete" && hazards.includes("loses-data")))
    return [];
  const found = lossesOf(changes, live);
  const seen = /* @__PURE__ */ new Set();
  return changes.flatMap((change) => {
    const loss2 = found.get(change.key);
    if (loss2 === void 0 || change.action === "delete") return [];
    const id = `${loss2.table} ${change.after.tenant}`;
    if (seen.has(id)) return [];
    seen.add(id);
    return [{ ...loss2, change, after: change.after }];
  });
}
// src/plan/quotas.ts
var DATASOURCES = 100;
var TOKENS = 1e5;
function quotaNotes({ plan: plan2, live }) {
  const changes = (0, import_index_run_telling.changesIn)(plan2);
  const isDatasource = ({ kind }) => kind === "datasource";
  const there = [...afterwards(changes, live).values()];
  const datasources = {
    now: live.resources.filter(({ datafile }) => isDatasource(datafile)).length,
    after: there.filter(({ datafile }) => isDatasource(datafile)).length
  };
  const known2 = new Set(live.tokens.map(({ name }) => `token/${name}`));
  const added = changes.filter(
    ({ action, key }) => action === "create" && key.startsWith("token/") && !known2.has(key)
  );
  const gone2 = changes.filter(({ action, key }) => action === "delete" && known2.has(key));
  const tokens = { now: known2.size, after: known2.size + added.length - gone2.length };
  return [...noteOf("data source", datasources, DATASOURCES), ...noteOf("token", tokens, TOKENS)];
}
function noteOf(noun, { now, after: after2 }, limit) {
  if (after2 <= limit || after2 <= now) return [];
  return [
    `the workspace would hold ${(0, import_index_run_telling.plural)(after2, noun)}, ${(0, import_index_run_telling.grouped)(now)} are there now; Tinybird allows ${(0, import_index_run_telling.grouped)(limit)} unless it has raised the limit for you`
  ];
}
// src/plan/guard.ts
function guard({ plan: plan2, live }, fleet, policy) {
  const today = dayOf(policy.now);
  return conflicts(plan2) ?? shrunken(plan2, fleet) ?? unsaid(plan2, fleet, policy.prune) ?? removals(plan2, policy.maxRemovals) ?? losses({ plan: plan2, live }, fleet, today) ?? fanOut({ plan: plan2, live }, today) ?? checksum(plan2, policy.planChecksum);
}
function guardNotes(guarded, now) {
  const today = dayOf(now);
  return [...lossNotes(guarded, today), ...fanOutNotes(guarded, today), ...quotaNotes(guarded)];
}
var CONFLICTS_SHOWN = 50;
function conflicts({ conflicts: found }) {
  if (found.length === 0) return null;
  const lines = found.slice(0, CONFLICTS_SHOWN).map(({ key, why }) => `  ${key}: ${why}`);
  if (found.length > lines.length) lines.push(`  \u2026 and ${(0, import_index_run_telling.grouped)(found.length - lines.length)} more`);
  const adopt = found.some(isAdoptable) ? "; if the resource is yours, set `adopt: true` once" : "";
  return new import_index_main_step.Stop(
    "conflict",
    `${(0, import_index_run_telling.plural)(found.length, "name")} in the workspace ${found.length === 1 ? "belongs" : "belong"} to somebody else:
${lines.join("\n")}
Nothing was sent. Rename the role or give the tenant another \`slug\`${adopt}.`
  );
}
var isAdoptable = ({ key, adopting }) => adopting !== void 0 || key.startsWith("token/");
var SHRINK_TOLERATED = 1;
var SHRINK_SHARE = 0.1;
function shrunken(plan2, fleet) {
  const listed = new Set(fleet.tenants.map((tenant) => tenant.id));
  const vanished = /* @__PURE__ */ new Set();
  for (const { tenant } of plan2.orphans) if (!listed.has(tenant)) vanished.add(tenant);
  for (const change of deletions(plan2)) {
    if (change.tenant !== null && !listed.has(change.tenant)) vanished.add(change.tenant);
  }
  const live = plan2.liveTenants.length;
  if (vanished.size <= SHRINK_TOLERATED || vanished.size <= live * SHRINK_SHARE) return null;
  const share = (100 * vanished.size / live).toFixed(1).replace(/\.0$/, "");
  return new import_index_main_step.Stop(
    "shrunken-list",
    `The list lost ${(0, import_index_run_telling.grouped)(vanished.size)} of the ${(0, import_index_run_telling.grouped)(live)} tenants that are live (${share}%, more than 10%): ${sample([...vanished])}. A list that shrinks this much is usually a broken one, so nothing was sent. To remove tenants, keep their lines and write \`state: removed\`.`
  );
}
function unsaid(plan2, fleet, prune) {
  const removed = new Set(fleet.tenants.flatMap(({ id, state }) => state === "removed" ? [id] : []));
  const found = [...deletions(plan2)].filter(
    ({ key, tenant, why }) => !key.startsWith("token/") && !(why === "removed" && removed.has(tenant ?? "")) && !(why === "pruned" && prune && tenant !== null)
  );
  if (found.length === 0) return null;
  const keys = found.map(({ key, tenant }) => tenant === null ? key : `${key} of ${tenant}`);
  return new import_index_main_step.Stop(
    "unsaid-removal",
    `The plan deletes ${(0, import_index_run_telling.plural)(found.length, "resource")} that neither \`state: removed\` nor \`prune\` says: ${sample(keys)}. Nothing was sent. To remove a tenant, write \`state: removed\` on its line; to remove what the list no longer asks for, set \`prune: true\`.`
  );
}
function removals(plan2, maxRemovals) {
  const tenants = /* @__PURE__ */ new Set();
  let rows = 0;
  for (const change of deletions(plan2)) {
    if (change.why !== "removed" && change.why !== "pruned") continue;
    tenants.add(change.tenant ?? change.key);
    rows += change.rows ?? 0;
  }
  if (tenants.size <= maxRemovals) return null;
  const lost = rows > 0 ? `, and ${(0, import_index_run_telling.plural)(rows, "row")} with them` : "";
  return new import_index_main_step.Stop(
    "max-removals",
    `This run would remove ${(0, import_index_run_telling.plural)(tenants.size, "tenant")}${lost}, ${(0, import_index_run_telling.grouped)(tenants.size - maxRemovals)} more than \`max-removals: ${maxRemovals}\` allows: ${sample([...tenants])}. Nothing was sent. If all of them are to go, raise \`max-removals\` for this run; or remove fewer at a time: the input \`tenant\` says which.`
  );
}
function checksum(plan2, wanted) {
  if (wanted === null || wanted === plan2.checksum) return null;
  return new import_index_main_step.Stop(
    "plan-changed",
    `The plan is not the one that was asked for: \`plan-checksum\` is ${wanted}, the plan's is ${plan2.checksum}. Nothing was sent. Look at the new plan, then apply with its checksum.`
  );
}
function* deletions(plan2) {
  for (const step2 of plan2.steps)
    for (const change of step2.changes) if (change.action === "delete") yield change;
}
// src/situation.ts
// src/declared.ts
// src/generation.ts
function tokenOn(generation, token) {
  const own = token.scopes.filter((scope) => (scope.generation ?? generation) === generation);
  if (own.length === 0) {
    return (0, import_index_main_step.bad)({
      file: token.name,
      message: `none of the token's scopes is for a ${generation === "forward" ? "Forward" : "Classic"} workspace`
    });
  }
  const scopes = own.map(withoutGeneration);
  if (generation === "forward") return (0, import_index_main_step.ok)({ ...token, scopes });
  return (0, import_index_main_step.ok)({ ...token, via: "static", ttl: 0, rps: null, scopes: scopes.map(withoutParams) });
}
function withoutGeneration(scope) {
  if (scope.generation === void 0) return scope;
  const { generation: _, ...rest } = scope;
  return rest;
}
function withoutParams(scope) {
  const { fixedParams: _, ...rest } = scope;
  return rest;
}
function tokensOfLines(files) {
  const lines = files.flatMap((file) => scopesOf(file.datafile).map((line) => ({ ...line, file })));
  return [...Map.groupBy(lines, ({ name }) => name)].flatMap(([name, own]) => {
    const [first] = own;
    if (first === void 0) return [];
    const { tenant, from } = first.file;
    const scopes = own.map(({ scope }) => scope);
    const token = { kind: "token", name, via: "static", scopes, ttl: 0, rps: null };
    return [{ token, tenant: own.every(({ file }) => file.tenant === tenant) ? tenant : null, from }];
  });
}
function scopesOf({ kind, name, grants }) {
  return grants.map(({ token, permission }) => {
    const read2 = permission === "READ";
    const type = kind === "pipe" ? "PIPES:READ" : read2 ? "DATASOURCES:READ" : "DATASOURCES:APPEND";
    return { name: token, scope: { type, resource: name } };
  });
}
// src/rotation/slots.ts
var SLOT = /__(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/;
var NO_SLOTS = /* @__PURE__ */ new Map();
var isSlot = (name) => SLOT.test(name);
var firstOf = (name) => name.replace(SLOT, "");
function slotTime(name) {
  const [, year, month, day, hour, minute, second] = SLOT.exec(name) ?? [];
  if (year === void 0) return 0;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? 0 : time / 1e3;
}
var slotName = (first, time) => `${first}__${new Date(time * 1e3).toISOString().slice(0, 19).replace(/\D/g, "")}`;
var slotsOf = (slots, first) => slots.get(first) ?? { current: first, retiring: [] };
function liveSlots(firsts, live) {
  const names2 = Map.groupBy(
    live.map(({ name }) => name),
    firstOf
  );
  const slots = /* @__PURE__ */ new Map();
  for (const [first, own] of names2) {
    if (!firsts.has(first) || !own.some(isSlot)) continue;
    const [current = first, ...retiring] = own.toSorted((one2, other) => slotTime(other) - slotTime(one2));
    slots.set(first, { current, retiring });
  }
  return slots;
}
// src/names.ts
function nameCollisions(files, tokens) {
  const problems = [];
  const byName4 = /* @__PURE__ */ new Map();
  for (const file of files) {
    const { name } = file.datafile;
    const first = byName4.get(name);
    if (first === void 0) byName4.set(name, file);
    else problems.push(collision(name, ownerOf(file), ownerOf(first)));
  }
  for (const file of files) {
    if (file.datafile.kind !== "pipe") continue;
    for (const { name } of file.datafile.nodes) {
      const taken = byName4.get(name);
      if (taken !== void 0)
        problems.push(collision(name, { ...ownerOf(file), what: "node" }, ownerOf(taken)));
    }
  }
  const tokenNames = /* @__PURE__ */ new Map();
  for (const issued of tokens) {
    const { name } = issued.token;
    const first = tokenNames.get(name);
    if (first === void 0) tokenNames.set(name, issued);
    else problems.push(collision(name, { ...issued, what: "token" }, { ...first, what: "token" }));
  }
  return { problems, byName: byName4 };
}
var ownerOf = ({ datafile, tenant, from }) => ({ tenant, from, what: datafile.kind });
function reservedNames(files) {
  return files.flatMap(
    ({ datafile, tenant, from }) => tenant === null || !BESIDE.test(datafile.name) ? [] : [
      {
        file: from,
        message: `tenant ${JSON.stringify(tenant.id)}: ${datafile.name} ends like what an apply makes for a while beside ${datafile.name.replace(BESIDE, "")}. Give the role a name that ends in neither __next nor __fill`
      }
    ]
  );
}
var reservedTokens = (tokens) => tokens.flatMap(
  ({ token: { name }, tenant, from }) => isSlot(name) ? [
    {
      file: from,
      message: `tenant ${JSON.stringify(tenant.id)}: the token ${name} ends like one that rotation makes (__ and 14 digits). Rename the role`
    }
  ] : []
);
var LONGEST = 128;
function longNames(files, tokens) {
  return [...tooLong(files, ({ datafile }) => datafile.name), ...tooLong(tokens, ({ token }) => token.name)];
}
var tooLong = (all, nameOf5) => all.flatMap((one2) => {
  const { tenant, from } = one2;
  const name = nameOf5(one2);
  if (tenant === null || name.length <= LONGEST) return [];
  const { slug, at } = tenant;
  const parts = `${slug.length} of the slug and ${name.length - slug.length - 1} of the role ${name.slice(slug.length + 1)}`;
  return [
    {
      stop: "quota",
      ...at,
      message: `tenant ${JSON.stringify(tenant.id)}: the name ${name} has ${name.length} characters (${parts}), at most ${LONGEST} are allowed. Give the tenant a shorter \`slug\`, or rename ${from}`
    }
  ];
});
function collision(name, second, first) {
  const at = second.tenant?.at ?? first.tenant?.at;
  return {
    stop: "name-collision",
    file: at?.file ?? second.from,
    ...at === void 0 ? {} : { line: at.line, column: at.column },
    message: `the name ${name} is wanted twice: as ${read(first)} and as ${read(second)}. Give one of the tenants another \`slug\`, or rename the role or file`
  };
}
function read({ tenant, from, what }) {
  if (tenant === null) return `${what} of the project (${from})`;
  return `${what} of tenant ${JSON.stringify(tenant.id)} (${tenant.at.file}:${tenant.at.line}, ${from})`;
}
// src/privilege/conjuncts.ts
var Undecidable = class extends Error {
};
var step = (length, wants) => ({ length, wants });
var INFIX = /* @__PURE__ */ new Set(["=", "==", "!=", "<>", "<", ">", "<=", ">=", "<=>", "+", "-", "*", "/", "%", "||"]);
var WEAK = /* @__PURE__ */ new Set([",", "->", "?", ":"]);
var INFIX_WORDS = /* @__PURE__ */ new Set(["AND", "OR", "IN", "LIKE", "ILIKE", "BETWEEN", "DIV", "MOD"]);
var NEGATED = /* @__PURE__ */ new Set(["IN", "LIKE", "ILIKE", "BETWEEN"]);
var NO_OPERAND = /* @__PURE__ */ new Set([...INFIX_WORDS, "IS", "AS", "CASE", "SELECT", "WITH", "DISTINCT"]);
var UNIT = /^(SECOND|MINUTE|HOUR|DAY|WEEK|MONTH|QUARTER|YEAR)S?$/;
var OPENS = { "(": ")", "[": "]" };
var wordOf = (lexeme) => lexeme?.kind === "word" ? lexeme.text.toUpperCase() : "";
var symbolOf = (lexeme) => lexeme?.kind === "symbol" ? lexeme.text : "";
function conjuncts(condition) {
  const walk2 = new Walk(condition);
  return walk2.conjuncts();
}
var Walk = class {
  #condition;
  /** What closes each bracket that is open. */
  #open = [];
  /** BETWEENs at the top whose AND has not come. */
  #betweens = 0;
  constructor(condition) {
    this.#condition = condition;
  }
  conjuncts() {
    const found = [];
    let start = 0;
    let wanted = "operand";
    for (let at = 0; at < this.#condition.length; ) {
      if (wanted === "operator" && this.#endsConjunct(at)) {
        found.push(this.#condition.slice(start, at));
        start = at + 1;
      }
      const { length, wants } = wanted === "operand" ? this.#operand(at) : this.#operator(at);
      at += length;
      wanted = wants;
    }
    if (this.#open.length > 0) throw new Undecidable("a bracket stays open");
    if (wanted === "operand") throw new Undecidable("it is not complete");
    return [...found, this.#condition.slice(start)];
  }
  #endsConjunct(at) {
    if (this.#open.length > 0) return false;
    const word = wordOf(this.#condition[at]);
    if (word === "OR") throw new Undecidable("it has an OR outside of brackets, which lets other rows in");
    if (word === "BETWEEN" || word === "NOT" && wordOf(this.#condition[at + 1]) === "BETWEEN")
      this.#betweens += 1;
    if (word !== "AND" || this.#betweens === 0) return word === "AND";
    this.#betweens -= 1;
    return false;
  }
  #operand(at) {
    const [here, next, third] = this.#condition.slice(at, at + 3);
    const symbol = symbolOf(here);
    const word = wordOf(here);
    if (symbol === "-" || symbol === "+" || word === "NOT") return step(1, "operand");
    if (OPENS[symbol] !== void 0) return this.#enter(symbol);
    if (OPENS[symbolOf(this.#condition[at - 1])] === symbol) return this.#leave(symbol);
    if (word === "INTERVAL" && UNIT.test(wordOf(third)) && (next?.kind === "number" || next?.kind === "text"))
      return step(3, "operator");
    if (word === "DATE" && next?.kind === "text") return step(2, "operator");
    if (here === void 0 || here.kind === "symbol" || !READABLE.has(here.kind) || NO_OPERAND.has(word))
      throw this.#surprise(here);
    return step(1, "operator");
  }
  #operator(at) {
    const [here, next, third] = this.#condition.slice(at, at + 3);
    const symbol = symbolOf(here);
    const word = wordOf(here);
    if (symbol === "[" || symbol === "(" && isCallee(this.#condition[at - 1])) return this.#enter(symbol);
    if (symbol === ")" || symbol === "]") return this.#leave(symbol);
    if (symbol === "." || symbol === "::") return step(1, "operand");
    if (INFIX.has(symbol) || INFIX_WORDS.has(word)) return step(1, "operand");
    if (WEAK.has(symbol) && this.#open.length > 0) return step(1, "operand");
    if (word === "NOT" && NEGATED.has(wordOf(next))) return step(2, "operand");
    if (word === "IS" && wordOf(next) === "NULL") return step(2, "operator");
    if (word === "IS" && wordOf(next) === "NOT" && wordOf(third) === "NULL") return step(3, "operator");
    throw this.#surprise(here);
  }
  #enter(bracket2) {
    this.#open.push(OPENS[bracket2] ?? "");
    return step(1, "operand");
  }
  #leave(bracket2) {
    if (this.#open.pop() !== bracket2) throw new Undecidable("its brackets do not match");
    return step(1, "operator");
  }
  #surprise(lexeme) {
    if (lexeme?.kind === "comment") return new Undecidable("it has a comment that ends with the line");
    const where = WEAK.has(symbolOf(lexeme)) ? " outside of brackets" : "";
    return new Undecidable(
      `it has ${(0, import_index_main_step.show2)(lexeme?.text ?? "")}${where}, which this check does not read there`
    );
  }
};
var READABLE = /* @__PURE__ */ new Set(["word", "name", "text", "number"]);
var isCallee = (lexeme) => lexeme?.kind === "word" || lexeme?.kind === "name" || symbolOf(lexeme) === ")";
// src/privilege/filter.ts
var CONSTANTS = /* @__PURE__ */ new Set(["true", "false", "null", "nan", "inf", "infinity"]);
function filterFlaw(filter, holder) {
  const wrong = [];
  try {
    if (holds((0, import_index_run_telling.lexemes)(filter), holder, wrong)) return null;
  } catch (error) {
    if (!(error instanceof Undecidable)) throw error;
    return `whether the filter holds it to the tenant cannot be decided: ${error.message}`;
  }
  return wrong.length > 0 ? `the filter compares with ${wrong[0]}, which is not a value of this tenant alone` : "the filter has no condition `column = value` beside its other conditions, with a value of this tenant alone";
}
function holds(condition, holder, wrong) {
  return conjuncts(condition).some((conjunct) => {
    const inner = withoutBrackets(conjunct);
    if (inner === conjunct) return comparesOwn(conjunct, holder, wrong);
    try {
      return holds(inner, holder, wrong);
    } catch (error) {
      if (error instanceof Undecidable) return false;
      throw error;
    }
  });
}
function comparesOwn(conjunct, holder, wrong) {
  const literals = comparison(conjunct, holder.columns);
  if (literals === null) return false;
  const foreign = literals.find(({ value }) => value === null || !holder.owns(value));
  if (foreign !== void 0) wrong.push((0, import_index_main_step.show2)(foreign.value ?? foreign.text));
  return foreign === void 0;
}
function comparison(conjunct, columns) {
  const operator = conjunct.findIndex((lexeme) => isEqual(lexeme) || isIn(lexeme));
  const left2 = conjunct.slice(0, operator);
  const right = conjunct.slice(operator + 1);
  if (operator === -1) return null;
  if (isIn(conjunct[operator])) {
    const listed = withoutBrackets(right);
    return isColumn(left2, columns) && listed !== right ? literalsOf(listed) : null;
  }
  const literal2 = isColumn(left2, columns) ? literalOf(right) : isColumn(right, columns) ? literalOf(left2) : null;
  return literal2 === null ? null : [literal2];
}
var isEqual = (lexeme) => symbolOf(lexeme) === "=" || symbolOf(lexeme) === "==";
var isIn = (lexeme) => lexeme?.kind === "word" && lexeme.text.toUpperCase() === "IN";
function isColumn(side, columns) {
  const isName2 = side.every(
    (lexeme, index) => index % 2 === 1 ? symbolOf(lexeme) === "." : lexeme.kind === "word" || lexeme.kind === "name"
  );
  if (!isName2 || side.length % 2 === 0) return false;
  const [first] = side;
  if (side.length === 1 && first?.kind === "word" && CONSTANTS.has(first.text.toLowerCase())) return false;
  return columns.size === 0 || columns.has(side.map(({ text }) => text).join(""));
}
function literalOf(side) {
  const inner = withoutBrackets(side);
  if (inner !== side) return literalOf(inner);
  const [first, second, ...more2] = side;
  if (first === void 0 || more2.length > 0) return null;
  if (second !== void 0) {
    const negative = symbolOf(first) === "-" && second.kind === "number";
    return negative ? { text: `-${second.text}`, value: `-${second.text}` } : null;
  }
  if (first.kind === "number") return { text: first.text, value: first.text };
  return first.kind === "text" ? { text: first.text, value: first.value ?? null } : null;
}
function literalsOf(list2) {
  const items = [[]];
  for (const lexeme of list2) {
    if (symbolOf(lexeme) === ",") items.push([]);
    else items.at(-1)?.push(lexeme);
  }
  const literals = items.map(literalOf);
  const known2 = literals.filter((literal2) => literal2 !== null);
  return known2.length === literals.length ? known2 : null;
}
function withoutBrackets(side) {
  if (symbolOf(side[0]) !== "(") return side;
  let depth = 0;
  const end = side.findIndex((lexeme) => {
    depth += symbolOf(lexeme) === "(" ? 1 : symbolOf(lexeme) === ")" ? -1 : 0;
    return depth === 0;
  });
  return end === side.length - 1 ? side.slice(1, -1) : side;
}
// src/privilege/owners.ts
function ownership(tenants) {
  const names2 = /* @__PURE__ */ new Map();
  const variables = /* @__PURE__ */ new Map();
  for (const tenant of tenants) {
    claim(names2, tenant.id, tenant);
    claim(names2, tenant.slug, tenant);
    for (const [name, value] of Object.entries(tenant.vars)) {
      const owners = variables.get(name) ?? /* @__PURE__ */ new Map();
      variables.set(name, owners);
      for (const text of textsOf(value)) claim(owners, text, tenant);
    }
  }
  for (const name of halfStated(tenants)) variables.delete(name);
  return (tenant, value) => {
    const text = String(value);
    if (text === "") return false;
    if (names2.has(text)) return names2.get(text) === tenant.id;
    return Object.keys(tenant.vars).some((name) => variables.get(name)?.get(text) === tenant.id);
  };
}
function claim(owners, text, { id }) {
  const owner = owners.get(text);
  owners.set(text, owner === void 0 || owner === id ? id : null);
}
var textsOf = (value) => (typeof value === "object" ? value : [value]).filter((item) => typeof item !== "boolean").map(String);
function halfStated(tenants) {
  const sets = Map.groupBy(
    tenants.filter(({ state }) => state === "active"),
    ({ set }) => set
  );
  const half = /* @__PURE__ */ new Set();
  for (const members of sets.values()) {
    const stated = /* @__PURE__ */ new Map();
    for (const { vars } of members) {
      for (const name of Object.keys(vars)) stated.set(name, (stated.get(name) ?? 0) + 1);
    }
    for (const [name, count2] of stated) if (count2 < members.length) half.add(name);
  }
  return half;
}
// src/privilege/reads.ts
function reader(datafiles) {
  const own = /* @__PURE__ */ new Map();
  const readings = /* @__PURE__ */ new Map();
  const ownOf = (pipe) => {
    const known2 = own.get(pipe.name) ?? ownReading(pipe, (name) => datafiles.has(name));
    own.set(pipe.name, known2);
    return known2;
  };
  const through = (pipe) => {
    const sources = /* @__PURE__ */ new Set();
    const params = /* @__PURE__ */ new Set();
    const pipes = /* @__PURE__ */ new Set([pipe]);
    let unknown4 = null;
    for (const next of pipes) {
      const found = ownOf(next);
      unknown4 ??= found.unknown;
      for (const param of found.params) params.add(param);
      for (const name of found.names) {
        const datafile = datafiles.get(name)?.datafile;
        if (datafile?.kind === "pipe") pipes.add(datafile);
        else sources.add(name);
      }
    }
    return { sources, params, unknown: unknown4 };
  };
  return (pipe) => {
    const reading2 = readings.get(pipe.name) ?? through(pipe);
    readings.set(pipe.name, reading2);
    return reading2;
  };
}
var EXPRESSION = /\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}|\{#[\s\S]*?#\}/g;
var HOLE = "@";
function ownReading(pipe, isResource) {
  const names2 = /* @__PURE__ */ new Set();
  const params = /* @__PURE__ */ new Set();
  const nodes = new Set(pipe.nodes.map(({ name }) => name));
  let unknown4 = null;
  for (const { sql } of pipe.nodes) {
    const expressions = [];
    const plain3 = sql.replace(EXPRESSION, (expression) => {
      if (!expression.startsWith("{#")) expressions.push(expression.slice(2, -2));
      return expression.startsWith("{{") ? ` ${HOLE} ` : " ";
    });
    const read2 = (0, import_index_run_telling.lexemes)(plain3);
    for (const name of namesIn(plain3, read2)) if (isResource(name)) names2.add(name);
    for (const expression of expressions) {
      for (const [name] of expression.matchAll(/\w+/g)) if (isResource(name)) names2.add(name);
      for (const { kind, text } of (0, import_index_run_telling.lexemes)(expression)) if (kind === "word") params.add(text);
    }
    unknown4 ??= unknownTable(read2, (name) => isResource(name) || nodes.has(name));
  }
  return { names: names2, params, unknown: unknown4 };
}
function namesIn(sql, read2) {
  if (read2.some(({ kind, text }) => kind === "odd" && /['"`]/.test(text))) {
    return sql.match(/\w+/g) ?? [];
  }
  return read2.filter(({ kind }) => kind === "word" || kind === "name").map(({ text }) => text);
}
var upper = (lexeme) => lexeme?.kind === "word" ? lexeme.text.toUpperCase() : "";
var FROM_INSIDE = /* @__PURE__ */ new Set(["EXTRACT", "TRIM", "LTRIM", "RTRIM", "SUBSTRING", "OVERLAY"]);
var ROWLESS = /^(numbers|numbers_mt|zeros|zeros_mt|values|generateseries|generate_series|format|view)$/i;
var BY_TEXT = /^(joinget|joingetornull|dict\w+|merge|remote|remotesecure|cluster)$/i;
function unknownTable(sql, isKnown) {
  const queries = new Set(
    sql.filter((_, at) => upper(sql[at + 1]) === "AS" && symbolOf(sql[at + 2]) === "(").map(({ text }) => text)
  );
  const callers = [];
  for (const [at, lexeme] of sql.entries()) {
    const symbol = symbolOf(lexeme);
    if (symbol === "(") callers.push(upper(sql[at - 1]));
    if (symbol === ")") callers.pop();
    if (symbolOf(sql[at + 1]) === "(" && BY_TEXT.test(lexeme.text)) return `a table by ${lexeme.text}()`;
    if (!startsTables(sql, at) || FROM_INSIDE.has(callers.at(-1) ?? "")) continue;
    const unknown4 = unknownTarget(sql, at + 1, (name) => queries.has(name) || isKnown(name));
    if (unknown4 !== null) return unknown4;
  }
  return null;
}
function startsTables(sql, at) {
  const word = upper(sql[at]);
  const before = upper(sql[at - 1]);
  return word === "FROM" && before !== "DISTINCT" || word === "JOIN" && before !== "ARRAY";
}
function unknownTarget(sql, at, isKnown) {
  const [table, next] = sql.slice(at, at + 2);
  if (symbolOf(table) === "(") return null;
  if (table?.kind !== "word" && table?.kind !== "name")
    return "a table whose name is only known when it runs";
  if (symbolOf(next) === "(") return ROWLESS.test(table.text) ? null : `${table.text}()`;
  if (symbolOf(next) === ".") return `${table.text}.${sql[at + 2]?.text ?? ""}`;
  if (!isKnown(table.text)) return table.text;
  let after2 = at + 1;
  if (upper(sql[after2]) === "AS") after2 += 1;
  if (sql[after2]?.kind === "word") after2 += 1;
  return symbolOf(sql[after2]) === "," ? unknownTarget(sql, after2 + 1, isKnown) : null;
}
// src/privilege/scope.ts
function groundOf({ files, tenants, generation }) {
  const columns = /* @__PURE__ */ new Map();
  for (const { datafile, tenant } of files.values()) {
    if (tenant !== null || datafile.kind === "pipe") continue;
    columns.set(datafile.name, new Set(datafile.columns.map(({ name }) => name)));
  }
  let owns = null;
  const owning = (tenant, value) => {
    owns ??= ownership(tenants);
    return owns(tenant, value);
  };
  return { files, owns: owning, read: reader(files), columns, generation };
}
function excesses(granted, ground) {
  const { scopes } = granted.token;
  const flaws = new Map(
    scopes.map((scope) => [
      scope,
      scope.type === "DATASOURCES:READ" ? rowsFlaw(scope, granted, ground) : null
    ])
  );
  const held2 = { ...granted, flaws };
  return scopes.flatMap((scope) => {
    const excess = excessOf(scope, held2, ground);
    return excess === null ? [] : [{ scope, excess }];
  });
}
function excessOf(scope, held2, ground) {
  const declared = ground.files.get(scope.resource);
  const kind = scope.type === "PIPES:READ" ? "pipe" : "datasource";
  const what = `${kind === "pipe" ? "pipe" : "data source"} ${scope.resource}`;
  if (declared?.datafile.kind !== kind) return null;
  const { tenant: owner, datafile } = declared;
  if (owner?.id === held2.tenant.id) return null;
  if (owner !== null) {
    return {
      opens: `the ${what} of tenant ${(0, import_index_main_step.show2)(owner.id)}`,
      why: "a token opens its own tenant's resources and shared ones",
      instead: 'Name the tenant\u2019s own with (resource "role")',
      always: true
    };
  }
  if (datafile.kind === "pipe") return pipeExcess(datafile, scope, held2, ground);
  return sourceExcess(`the shared ${what}`, scope, held2);
}
function sourceExcess(shared, scope, held2) {
  if (scope.type === "DATASOURCES:APPEND") {
    return {
      opens: `${shared} for writing`,
      why: "whoever writes there can write any tenant's rows",
      instead: "Let it write to a data source of the tenant\u2019s own"
    };
  }
  const flaw = held2.flaws.get(scope) ?? null;
  if (flaw === null) return null;
  return {
    opens: `${shared} without a filter for one tenant`,
    why: flaw,
    instead: "Give the scope a `filter` such as tenant_id = {{sql id}}"
  };
}
function rowsFlaw({ resource, filter }, { tenant }, ground) {
  const columns = ground.columns.get(resource);
  if (columns === void 0) return null;
  if (filter === void 0) return "the scope has no filter";
  return filterFlaw(filter, { columns, owns: (value) => ground.owns(tenant, value) });
}
function pipeExcess(pipe, scope, held2, ground) {
  const reading2 = ground.read(pipe);
  const isOthers = (name) => ground.files.get(name)?.tenant?.id !== held2.tenant.id;
  if (reading2.unknown === null && !reading2.sources.values().some(isOthers)) return null;
  switch (ground.generation) {
    case "forward":
      return parameterExcess(pipe, scope, held2, ground);
    case "classic":
      return filteredExcess(pipe, held2, ground);
    default:
      return (0, import_index_main_step.assertNever)(ground.generation);
  }
}
function parameterExcess(pipe, scope, { tenant }, ground) {
  const own = Object.entries(scope.fixedParams ?? {}).filter(([, value]) => typeof value !== "boolean" && ground.owns(tenant, value)).map(([name]) => name);
  const { params } = ground.read(pipe);
  if (own.some((name) => params.has(name))) return null;
  return {
    opens: `the shared pipe ${pipe.name} without a parameter fixed to one tenant`,
    why: own.length === 0 ? "none of its `fixed_params` is a value of this tenant alone" : `the pipe takes no parameter ${own.join(" or ")}`,
    instead: "Write `kind: jwt` and fix the pipe's parameter, such as `fixed_params: { tenant: '{{text id}}' }`"
  };
}
function filteredExcess(pipe, held2, ground) {
  const shared = `the shared pipe ${pipe.name}`;
  const { sources, unknown: unknown4 } = ground.read(pipe);
  if (unknown4 !== null) {
    return {
      opens: `${shared}, which reads ${unknown4}`,
      why: "the project does not declare that, so no filter holds it to the tenant",
      instead: "Add it to the folder given by `project`, or give the tenant's set a pipe of its own"
    };
  }
  for (const name of sources) {
    const owner = ground.files.get(name)?.tenant ?? null;
    if (owner?.id === held2.tenant.id) continue;
    if (owner !== null) {
      return {
        opens: `${shared}, which reads the data source ${name} of tenant ${(0, import_index_main_step.show2)(owner.id)}`,
        why: "a Classic token cannot keep it from those rows",
        instead: "Give the tenant's set a pipe of its own"
      };
    }
    const filters = held2.token.scopes.filter(
      ({ type, resource }) => type === "DATASOURCES:READ" && resource === name
    );
    if (filters.some((filter) => held2.flaws.get(filter) === null)) continue;
    return {
      opens: `${shared}, which reads ${name} without a filter for one tenant`,
      why: `a Classic token fixes no parameters, and this one has no filter on ${name} that holds it to the tenant`,
      instead: `Add the scope \`type: DATASOURCES:READ, resource: ${name}, filter: tenant_id = {{sql id}}, generation: classic\``
    };
  }
  return null;
}
// src/privilege.ts
function wideScopes(input) {
  const { files, fleet, generation } = input;
  const ground = groundOf({ files, tenants: fleet.tenants, generation });
  const problems = [];
  const allowed3 = [];
  for (const issued of input.tokens) {
    for (const { scope, excess } of excesses(issued, ground)) {
      if (issued.allowWide !== null && excess.always === void 0)
        allowed3.push({ issued, reason: issued.allowWide, opens: excess.opens });
      else problems.push(problemOf(scope, issued, excess));
    }
  }
  return { problems, notes: notesOf(allowed3) };
}
function problemOf(scope, { token, tenant, from }, excess) {
  const { opens: opens2, why, instead, always } = excess;
  const otherwise = always ? "" : ", or write `allow-wide: <reason>` in set.yaml";
  return {
    file: from,
    message: `tenant ${(0, import_index_main_step.show2)(tenant.id)}: the token ${token.name} opens ${opens2} (${scope.type} ${scope.resource}): ${why}. ${instead}${otherwise}`
  };
}
function notesOf(allowed3) {
  const folded = Map.groupBy(allowed3, ({ issued, opens: opens2 }) => `${issued.tenant.set}
${opens2}`);
  return [...folded.values()].flatMap((same) => {
    const [first] = same;
    if (first === void 0) return [];
    const tenants = new Set(same.map(({ issued }) => issued.tenant.id));
    const said5 = `${first.opens} (allow-wide: ${first.reason})`;
    const { token, tenant } = first.issued;
    return tenants.size === 1 ? [`tenant ${(0, import_index_main_step.show2)(tenant.id)}: the token ${token.name} opens ${said5}`] : [`the tokens of ${tenants.size} tenants open ${said5}`];
  });
}
// src/declared.ts
function declare(wanted) {
  const { fleet, generation } = wanted;
  const { declared, tokens, problems, notes } = declarations(wanted);
  const { problems: collisions, byName: byName4 } = nameCollisions(declared, tokens);
  problems.push(...collisions, ...longNames(declared, tokens), ...reservedTokens(tokens));
  if (generation === "classic") problems.push(...reservedNames(declared));
  if (problems.length === 0) {
    for (const token of tokens) problems.push(...opened(token, byName4, generation));
  }
  const wide = wideScopes({ tokens, files: byName4, fleet, generation });
  problems.push(...wide.problems);
  if (problems.length > 0) return (0, import_index_main_step.bad)(...problems);
  const lines = generation === "classic" ? linesBeside(tokens, declared) : [];
  const files = declared.map((draft) => settled(draft, generation));
  return (0, import_index_main_step.ok)({ fleet, generation, files, tokens, lines, notes: [...notes, ...wide.notes] });
}
function settled({ print, ...draft }, generation) {
  const { datafile, tenant, from, grants, backfill, allow } = draft;
  if (tenant === null) return { ...draft, sha: "" };
  const digest = (0, import_node_crypto.hash)("sha256", print(linesOf({ datafile, grants }, generation)));
  const sha = [digest.slice(0, 8), digest.slice(8, 16)].join("");
  return { datafile, sha, tenant, from, grants, backfill, allow };
}
var linesOf = ({ datafile, grants }, generation) => {
  if (generation === "classic") return [];
  return datafile.grants.length === 0 ? grants : [...datafile.grants, ...grants];
};
function linesBeside(tokens, files) {
  const named = new Set(tokens.map(({ token }) => token.name));
  return tokensOfLines(files).filter(({ token }) => !named.has(token.name));
}
function declarations({ fleet, project, generation, render: render2 }) {
  const problems = [];
  const notes = [];
  const tokens = [];
  const declared = project.files.map(({ datafile, path, text }) => {
    const common = { tenant: null, from: path, text, grants: [], backfill: null, allow: fleet.allow ?? [] };
    return { ...(0, import_index_main_step.asPrinted)(datafile), ...common };
  });
  for (const tenant of fleet.tenants) {
    if (tenant.state === "removed") continue;
    const rendered2 = render2(tenant);
    const suspended = tenant.state === "suspended";
    if (!rendered2.ok) {
      if (suspended)
        notes.push(`${tenant.id} is suspended and stays as it lives: ${rendered2.problems[0]?.message ?? ""}`);
      else problems.push(...rendered2.problems);
      continue;
    }
    const { files, backfill, allowWide } = rendered2.value;
    const allow = [...tenant.allow ?? [], ...rendered2.value.allow ?? []];
    for (const { datafile, print, from } of files) {
      const shown2 = suspended ? { ...datafile, grants: [] } : datafile;
      declared.push({ datafile: shown2, print, tenant, from, grants: [], backfill, allow });
    }
    if (suspended) continue;
    for (const { token, role, from } of rendered2.value.tokens) {
      const on = tokenOn(generation, token);
      if (on.ok) tokens.push({ token: on.value, role, tenant, from, allowWide, allow });
      else problems.push(...on.problems);
    }
  }
  return { declared, tokens, problems, notes };
}
function opened({ token, tenant, from }, drafts, generation) {
  const problems = [];
  const problem = (message) => problems.push({ file: from, message: `tenant ${JSON.stringify(tenant.id)}: ${message}` });
  for (const scope of token.scopes) {
    const draft = drafts.get(scope.resource);
    const kind = scope.type === "PIPES:READ" ? "pipe" : "datasource";
    if (draft === void 0 || draft.datafile.kind !== kind) {
      problem(
        `the token opens ${kind} ${scope.resource}, which neither the tenant's set nor the project declares. Name it with (resource "role"), or add it to the folder given by \`project\``
      );
    } else if (generation === "classic" || token.via === "jwt") {
    } else if (scope.filter !== void 0 || scope.fixedParams !== void 0) {
      problem(
        `a static token cannot carry a row filter or fixed parameters on a Forward workspace (${scope.resource}). Write \`kind: jwt\` in the token template`
      );
    } else {
      const permission = scope.type === "DATASOURCES:APPEND" ? "APPEND" : "READ";
      const grant = { token: token.name, permission };
      if (draft.grants.length === 0) draft.grants = [grant];
      else draft.grants.push(grant);
    }
  }
  return problems;
}
// src/desired.ts
function desiredState(wanted) {
  const declared = declare(wanted);
  if (!declared.ok) return declared;
  return (0, import_index_main_step.ok)({ resources: desiredFrom(declared.value, NO_SLOTS), notes: declared.value.notes });
}
function desiredFrom(declared, slots) {
  const { files, tokens, lines } = declared;
  const slotted = slots.size === 0 ? tokens : tokens.flatMap((draft) => inSlots(draft, slots));
  const known2 = { ...declared, slots };
  return [
    ...files.map((draft) => desiredFile(draft, known2)),
    ...slotted.map((token) => desiredToken(token, known2)),
    ...lines.map((token) => desiredToken(token, known2))
  ];
}
function inSlots(draft, slots) {
  if (draft.token.via === "jwt") return [draft];
  const { current, retiring } = slotsOf(slots, draft.token.name);
  const { role: _, ...old } = draft;
  return [
    { ...draft, token: { ...draft.token, name: current } },
    ...retiring.map((name) => ({ ...old, token: { ...draft.token, name } }))
  ];
}
function desiredFile(draft, { fleet, generation, slots }) {
  const { tenant, datafile, from, allow, sha } = draft;
  const key = (0, import_index_main_step.keyOf)(datafile.kind, datafile.name);
  const lines = linesOf(draft, generation);
  const grants = lines.length === 0 || slots.size === 0 ? lines : [...datafile.grants, ...inTurn(draft.grants, slots)];
  if (tenant === null) {
    const text = lines.length === datafile.grants.length && draft.text !== void 0 ? { text: draft.text } : {};
    const resource2 = { ...datafile, grants };
    return { key, resource: resource2, tenant: null, set: null, role: null, sha, from, ...text, ...allowed(allow) };
  }
  const description = (0, import_index_run_telling.marked)(datafile.description, markerFor(fleet, tenant, sha));
  const backfill = draft.backfill === null ? {} : { backfill: draft.backfill };
  const resource = { ...datafile, description, grants };
  const { id, set } = tenant;
  return { key, tenant: id, set, role: null, sha, from, resource, ...backfill, ...allowed(allow) };
}
var inTurn = (grants, slots) => grants.flatMap(({ token, permission }) => {
  const { current, retiring } = slotsOf(slots, token);
  return [current, ...retiring].map((name) => ({ token: name, permission }));
});
var allowed = (allow = []) => allow.length > 0 ? { allow } : {};
function desiredToken(draft, { fleet, generation }) {
  const { token, tenant, role, from } = draft;
  const resource = generation === "forward" || tenant === null ? token : { ...token, description: (0, import_index_run_telling.marked)("", markerFor(fleet, tenant, (0, import_index_run_telling.claimsHash)(token))) };
  const key = (0, import_index_main_step.keyOf)("token", token.name);
  return {
    key,
    resource,
    tenant: tenant?.id ?? null,
    set: tenant?.set ?? null,
    role: role ?? null,
    sha: "",
    from,
    ...allowed(draft.allow)
  };
}
function markerFor({ name }, tenant, sha) {
  const named = tenant.slug === (0, import_index_main_step.slugOf)(tenant.id) ? {} : { slug: tenant.slug };
  return { fleet: name, tenant: tenant.id, set: tenant.set, sha, ...named };
}
// src/plan/owned.ts
var UNMARKED = { kind: "unmarked" };
var ownership2 = (fleet) => ({ name, datafile }) => ownerOf2({ name, description: datafile.description }, fleet);
function ownerOf2({ name, description }, fleet) {
  const found = (0, import_index_run_telling.markerOf)(description);
  if (found === null) return UNMARKED;
  const { marker } = found;
  const slug = marker.slug ?? (0, import_index_main_step.slugOf)(marker.tenant);
  const ours = marker.fleet === fleet.name && name.startsWith(`${slug}_`);
  return ours ? { kind: "ours", marker, slug } : { kind: "other", marker };
}
// src/live.ts
async function readLists(reader2) {
  const [datasources, pipes, tokens] = await Promise.all([
    reader2.datasources(),
    reader2.pipes(),
    reader2.tokens()
  ]);
  return { resources: [...datasources, ...(0, import_index_generations_run.nameTargets)(pipes, datasources)], tokens };
}
function liveOf({ resources, tokens }, { generation, fleet }, jwts) {
  if (generation === "forward") return { resources: withGrants(resources, tokens), tokens, jwts };
  const ownerOf4 = ownership2(fleet);
  const isBeside = (one2) => BESIDE.test(one2.name) && ownerOf4(one2).kind === "ours";
  return {
    resources: resources.filter((one2) => !isBeside(one2)).map(asDesired),
    beside: resources.filter(isBeside).map(asDesired),
    tokens,
    jwts
  };
}
function asDesired(resource) {
  const { datafile } = resource;
  return datafile.kind === "pipe" ? { ...resource, datafile: uncut(datafile) } : resource;
}
function withGrants(resources, tokens) {
  const grants = /* @__PURE__ */ new Map();
  for (const token of tokens) {
    for (const { type, resource } of token.scopes) {
      if (resource === null) continue;
      const permission = type.endsWith(":APPEND") ? "APPEND" : "READ";
      const own = grants.get(resource);
      if (own === void 0) grants.set(resource, [{ token: token.name, permission }]);
      else own.push({ token: token.name, permission });
    }
  }
  return resources.map((resource) => {
    const own = grants.get(resource.name);
    return own === void 0 ? resource : { ...resource, datafile: { ...resource.datafile, grants: own } };
  });
}
// src/plan/builds.ts
var NO_BUILDS = { byKey: /* @__PURE__ */ new Map(), refusals: [], questions: [] };
function buildsOf(world) {
  if (world.plan.steps.length === 0) return NO_BUILDS;
  const byKey = /* @__PURE__ */ new Map();
  const refusals = [];
  const questions = [];
  const known2 = knowledgeOf2(world);
  for (const { changes } of world.plan.steps) {
    for (const change of changes) {
      const view = viewToMake(change, known2);
      if (view === null || byKey.has(view.view.key)) continue;
      const build = buildOf(view, known2);
      if ("refusal" in build) {
        refusals.push(`  ${change.key}: ${build.refusal}`);
        continue;
      }
      if ("question" in build) {
        questions.push(`  ${change.key}, of the set ${view.view.set}: ${build.question}`);
        continue;
      }
      byKey.set(build.view.key, build);
      if (build.how === "beside") byKey.set((0, import_index_main_step.keyOf)("datasource", build.target.name), build);
    }
  }
  return { byKey, refusals, questions };
}
function viewToMake(change, known2) {
  if (change.action === "delete" || change.action === "replace") return null;
  const { after: after2 } = change;
  const { resource } = after2;
  if (resource.kind === "token") return null;
  const before = known2.live.get(resource.name);
  if (resource.kind === "datasource") {
    if (before?.kind !== "datasource" || !(0, import_index_run_telling.needsNewTable)(resource, before)) return null;
    const [view, ...others] = known2.fillers(resource.name);
    if (view !== void 0 && others.length === 0) return { view, how: "beside" };
    const why = others.length > 0 ? "several views fill it" : "no view of this list fills it";
    return { view: after2, how: "impossible", why };
  }
  const wanted = viewOf(resource);
  const old = before?.kind === "pipe" ? viewOf(before) : null;
  if (before !== void 0 && wanted === null !== (old === null)) {
    return {
      view: after2,
      how: "impossible",
      why: "a view cannot become another kind of pipe, nor the other way round"
    };
  }
  if (wanted === null) return null;
  if (change.action === "create" || old === null) return { view: after2, how: "new" };
  if (old.target !== wanted.target) return { view: after2, how: "moved" };
  return change.fields.some((field) => REMADE.has(field)) ? { view: after2, how: "beside" } : null;
}
function buildOf(made, known2) {
  if (made.how === "impossible") return { refusal: loss(made.why) };
  const { view, how } = made;
  const wanted = view.resource.kind === "pipe" ? viewOf(view.resource) : null;
  if (wanted === null) return { refusal: loss("it is no view") };
  const target = known2.wanted.get(wanted.target);
  if (target?.kind !== "datasource")
    return { refusal: `its target ${wanted.target} is not among what the list asks for` };
  const filling = fillingOf(wanted.pipe, view.backfill ?? "none", known2.datasource);
  if (filling.kind === "impossible") {
    return { question: filling.why };
  }
  if (how === "beside") {
    const why = keepsNothing(wanted, filling, known2);
    if (why !== null) return { refusal: loss(why) };
  }
  const marker = (0, import_index_run_telling.markerOf)(known2.live.get(wanted.target)?.description ?? "")?.marker;
  const fresh = how === "beside" || !known2.live.has(wanted.target) || marker?.cutoff !== void 0;
  const twice = fresh || filling.kind === "none" ? null : bringsTwice(wanted, known2);
  if (twice !== null) return { refusal: twice };
  return { view, pipe: wanted.pipe, target, filling, how, fresh };
}
function bringsTwice({ target, pipe }, known2) {
  const way = `Give ${target} a new role as well, so that it is filled anew beside the old one; or write \`backfill: none\` in set.yaml`;
  const stranger = known2.stranger(target, pipe.name);
  if (stranger !== void 0) {
    return `${stranger}, which the list does not ask for, fills ${target} too, so that rows could be there twice. ${way}`;
  }
  if (known2.isFilled(target) || known2.rows(target) === 0) return null;
  return `${target} holds rows that no view brings any more, so that its history could be there twice. Delete ${target} if its rows are in the history; else: ${way}`;
}
function keepsNothing({ target, pipe }, filling, known2) {
  if (filling.kind === "none") return "the set says `backfill: none`";
  if (known2.fillers(target).length > 1) return "several views fill its table";
  const stranger = known2.stranger(target, pipe.name);
  if (stranger !== void 0) return `${stranger}, which the list does not ask for, fills its table too`;
  return null;
}
var loss = (why) => `it would have to be made anew, and its rows would be lost (loses-data): ${why}. Give the changed resource a new role, so that it stands beside the old one`;
function knowledgeOf2({ desired, live }) {
  const wanted = /* @__PURE__ */ new Map();
  const fillers = /* @__PURE__ */ new Map();
  for (const one2 of desired) {
    if (one2.resource.kind === "token") continue;
    wanted.set(one2.resource.name, one2.resource);
    const target = one2.resource.kind === "pipe" ? viewOf(one2.resource)?.target : void 0;
    if (target !== void 0) fillers.set(target, [...fillers.get(target) ?? [], one2]);
  }
  const there = new Map(live.resources.map(({ name, datafile }) => [name, datafile]));
  const filledBy = /* @__PURE__ */ new Map();
  for (const { name, datafile } of [...live.resources, ...(live.beside ?? []).map(asItsPlace)]) {
    const target = datafile.kind === "pipe" ? viewOf(datafile)?.target : void 0;
    if (target !== void 0) filledBy.set(target, [...filledBy.get(target) ?? [], name]);
  }
  return {
    wanted,
    live: there,
    datasource: (name) => {
      const one2 = wanted.get(name) ?? there.get(name);
      return one2?.kind === "datasource" ? one2 : void 0;
    },
    fillers: (name) => fillers.get(name) ?? [],
    isFilled: (name) => filledBy.has(name),
    stranger: (name, view) => {
      const asked = /* @__PURE__ */ new Set([view, ...(fillers.get(name) ?? []).map(({ resource }) => resource.name)]);
      return filledBy.get(name)?.find((one2) => !asked.has(one2));
    },
    rows: (name) => live.resources.find((one2) => one2.name === name)?.rows ?? null
  };
}
var asItsPlace = (one2) => ({ ...one2, name: one2.name.replace(BESIDE, "") });
// src/plan/carriers.ts
function carriersOf({ live, fleet, desired }) {
  const ownerOf4 = ownership2(fleet);
  const facts = /* @__PURE__ */ new Map();
  for (const resource of live.resources) facts.set(resource.name, { resource, owner: ownerOf4(resource) });
  const shared = /* @__PURE__ */ new Set();
  for (const { tenant, resource } of desired) if (tenant === null) shared.add(resource.name);
  const tenants = new Map(fleet.tenants.map((tenant) => [tenant.id, tenant]));
  return { fleet, facts, shared, tenants };
}
var OTHERS = /* @__PURE__ */ Symbol("of another fleet");
function tenantOf(token, carriers2) {
  const owner = ownerOf3(token, carriers2);
  return owner === OTHERS ? null : owner;
}
function ownerOf3(token, { facts, shared, fleet }) {
  const { name, scopes } = token;
  const said5 = ownerOf2(token, fleet);
  if (said5.kind !== "unmarked") return said5.kind === "ours" ? said5.marker.tenant : OTHERS;
  let tenant = null;
  for (const { resource } of scopes) {
    const owner = facts.get(resource ?? "")?.owner;
    if (owner?.kind === "other") return OTHERS;
    if (shared.has(resource ?? "")) continue;
    if (owner?.kind !== "ours" || !name.startsWith(`${owner.slug}_`)) return null;
    if (tenant !== null && tenant !== owner.marker.tenant) return null;
    tenant = owner.marker.tenant;
  }
  return tenant;
}
function keepLines(input, carriers2 = carriersOf(input)) {
  const { desired, live, only } = input;
  const kept = keptTokens(input, carriers2);
  const outside2 = only === null ? /* @__PURE__ */ new Set() : outsideOf(desired, only);
  if (kept.size + outside2.size === 0) return desired;
  const lines = new Map(live.resources.map(({ key, datafile }) => [key, datafile.grants]));
  return desired.map((one2) => {
    if (one2.tenant !== null || one2.resource.kind === "token") return one2;
    const there = lines.get(one2.key) ?? [];
    const { grants } = one2.resource;
    const wanted = grants.filter((grant) => !outside2.has(grant.token) || includes(there, grant));
    const stays = there.filter((grant) => kept.has(grant.token) && !includes(wanted, grant));
    if (wanted.length === grants.length && stays.length === 0) return one2;
    const { text: _, ...rest } = one2;
    return { ...rest, resource: { ...one2.resource, grants: [...wanted, ...stays] } };
  });
}
var outsideOf = (desired, only) => new Set(
  desired.flatMap(
    ({ tenant, resource }) => resource.kind === "token" && tenant !== null && !only.has(tenant) ? [resource.name] : []
  )
);
var includes = (grants, { token, permission }) => grants.some((grant) => grant.token === token && grant.permission === permission);
function keptTokens({ live, only, prune }, carriers2) {
  const { tenants } = carriers2;
  const stays = (owner) => owner === OTHERS || only?.has(owner) === false || !tenants.has(owner) && !prune;
  const kept = /* @__PURE__ */ new Set();
  for (const token of live.tokens) {
    const owner = ownerOf3(token, carriers2);
    if (owner !== null && stays(owner)) kept.add(token.name);
  }
  return kept;
}
// src/plan/adopt.ts
function keepRows(verdicts, facts) {
  const fillers = /* @__PURE__ */ new Map();
  for (const verdict of verdicts) {
    const change = changeOf(verdict);
    const target = change !== void 0 && fillsAnew(change) ? targetOf(change) : void 0;
    if (change !== void 0 && target !== void 0) fillers.set(target, (0, import_index_main_step.nameOf)(change.key));
  }
  return verdicts.map((verdict) => {
    const change = changeOf(verdict);
    const loss2 = change === void 0 ? null : lossOf2(change, facts, fillers);
    if (change === void 0 || loss2 === null) return verdict;
    const { key, tenant } = change;
    const before = verdict.kind === "conflict" ? `${verdict.conflict.why}. \`adopt\` would not take it: ` : "";
    return { kind: "conflict", conflict: { key, tenant, why: before + loss2 } };
  });
}
function changeOf(verdict) {
  if (verdict.kind === "conflict") return verdict.conflict.adopting;
  return verdict.kind === "change" ? verdict.change : void 0;
}
function lossOf2(change, facts, fillers) {
  const fact = facts.get((0, import_index_main_step.nameOf)(change.key));
  if (change.action !== "update" || change.tenant === null || fact?.owner.kind !== "unmarked") return null;
  const { resource } = change.after;
  const { datafile, rows } = fact.resource;
  if (resource.kind === "datasource" && rows !== 0) {
    const filler = skipsHistory(resource) ? void 0 : fillers.get(resource.name);
    if (change.hazards.includes("loses-data")) {
      return `it holds ${held(rows)}, and it cannot get what the list wants with them (${change.fields.filter(isOfRows).join(", ")}). ${WAY}`;
    }
    if (filler === void 0) return null;
    return `it holds ${held(rows)}, and ${filler}, which is new or changes, would fill it anew from history. ${WAY}`;
  }
  const target = datafile.kind === "pipe" ? viewOf(datafile)?.target : void 0;
  const there = facts.get(target ?? "")?.resource.rows ?? 0;
  if (target === void 0 || there === 0 || !fillsAnew(change)) return null;
  return `it fills ${target}, which holds ${held(there)} and would be filled anew (${change.fields.join(", ")}). ${WAY}`;
}
var isOfRows = (field) => field !== "description" && field !== "tokens";
var WAY = "Adopting keeps every row: make the set fit what is there (a set that `extends` this one), or give the role another name and move the rows yourself";
var BODY = /* @__PURE__ */ new Set(["sql", "nodes", "target", "type"]);
function fillsAnew(change) {
  if (change.action === "delete") return false;
  return change.action !== "update" || change.fields.some((field) => BODY.has(field));
}
function targetOf(change) {
  if (change.action === "delete" || change.after.resource.kind !== "pipe") return void 0;
  return viewOf(change.after.resource)?.target;
}
var skipsHistory = ({ settings }) => settings.some(({ command, value }) => command === "BACKFILL" && /^skip$/i.test(value));
var held = (rows) => rows === null ? "rows, nobody says how many" : (0, import_index_run_telling.plural)(rows, "row");
// src/plan/plan.ts
function plan(input, carriers2 = carriersOf(input)) {
  const { facts } = carriers2;
  const verdicts = [...fileVerdicts(input, carriers2), ...tokenVerdicts(input, carriers2)];
  const changes = [];
  const orphans = [];
  const conflicts2 = [];
  let unchanged = 0;
  let foreign = 0;
  for (const verdict of verdicts) {
    switch (verdict.kind) {
      case "change":
        changes.push(verdict.change);
        break;
      case "orphan":
        orphans.push(verdict.orphan);
        break;
      case "conflict":
        conflicts2.push(verdict.conflict);
        break;
      case "unchanged":
        unchanged += 1;
        break;
      case "foreign":
        foreign += 1;
        break;
      default:
        (0, import_index_main_step.assertNever)(verdict);
    }
  }
  const liveTenants = new Set([...input.live.jwts.values()].map((jwt) => jwt.tenant));
  for (const { owner } of facts.values()) if (owner.kind === "ours") liveTenants.add(owner.marker.tenant);
  for (const token of input.live.tokens) {
    const owner = ownerOf2(token, input.fleet);
    if (owner.kind === "ours") liveTenants.add(owner.marker.tenant);
  }
  return {
    steps: (0, import_index_run_telling.inSteps)(withLosses(changes, input.live)),
    unchanged,
    orphans: orphans.sort((one2, other) => one2.key < other.key ? -1 : 1),
    conflicts: conflicts2.sort((one2, other) => one2.key < other.key ? -1 : 1),
    liveTenants: [...liveTenants].sort(),
    foreign,
    checksum: (0, import_index_run_telling.checksumOf)(changes)
  };
}
function fileVerdicts(input, { facts, tenants }) {
  const verdicts = [];
  const named = /* @__PURE__ */ new Set();
  for (const after2 of input.desired) {
    if (after2.resource.kind === "token") continue;
    named.add(after2.resource.name);
    if (inScope(input, after2.tenant)) {
      verdicts.push((0, import_index_run_telling.desiredVerdict)(after2, facts.get(after2.resource.name), input.adopt));
    }
  }
  for (const [name, fact] of facts) {
    if (named.has(name)) continue;
    const tenant = fact.owner.kind === "ours" ? fact.owner.marker.tenant : null;
    const verdict = (0, import_index_run_telling.liveVerdict)(fact, tenants.get(tenant ?? ""), input.prune);
    if (verdict.kind !== "change" || inScope(input, tenant)) verdicts.push(verdict);
  }
  return keepRows(verdicts, facts);
}
function tokenVerdicts(input, carriers2) {
  const { live, desired, prune } = input;
  const verdicts = [];
  const wanted = /* @__PURE__ */ new Set();
  for (const { resource } of desired) for (const { token } of grantsOf(resource)) wanted.add(token);
  const tokens = new Map(live.tokens.map((token) => [token.name, token]));
  const isOwn2 = belonging(input, carriers2);
  for (const after2 of desired) {
    if (after2.resource.kind !== "token") continue;
    const { name, via } = after2.resource;
    wanted.add(name);
    if (!inScope(input, after2.tenant)) continue;
    if (via === "jwt") verdicts.push((0, import_index_run_telling.jwtVerdict)(after2, live.jwts.get(name), dueIn(input, name)));
    else verdicts.push(roleVerdict(input, after2, { live: tokens.get(name), isOwn: isOwn2 }));
  }
  for (const gone2 of goneTokens(live, carriers2)) {
    if (wanted.has(gone2.name)) continue;
    const why = whyRotated(input, gone2.name);
    const verdict = why === null ? (0, import_index_run_telling.goneVerdict)(gone2, carriers2.tenants.get(gone2.tenantId), prune) : (0, import_index_run_telling.rotatedVerdict)(gone2, why);
    if (verdict.kind !== "change" || inScope(input, gone2.tenantId)) verdicts.push(verdict);
  }
  return verdicts;
}
var whyRotated = ({ rotation }, name) => rotation?.retired.has(name) ? "rotated" : rotation?.replaced.has(name) ? "replaced" : null;
var dueIn = ({ rotation, now }, name) => (jwt, ttl) => rotation?.renewed.has(name) === true || (0, import_index_run_telling.isRunningOut)(jwt, ttl, now);
function roleVerdict({ rotation }, after2, { live, isOwn: isOwn2 }) {
  const { name } = after2.resource;
  const belongs = live !== void 0 && isOwn2(live, after2);
  if (belongs && rotation?.refreshed.has(name)) return (0, import_index_run_telling.refreshVerdict)(after2, live);
  const verdict = (0, import_index_run_telling.staticVerdict)(after2, live, belongs);
  const isNext = verdict.kind === "change" && rotation?.next.has(name) === true;
  return isNext ? { kind: "change", change: { ...verdict.change, rotation: true } } : verdict;
}
function* goneTokens(live, carriers2) {
  for (const token of live.tokens) {
    const tenantId = tenantOf(token, carriers2);
    if (tenantId !== null) yield { name: token.name, id: token.id, sha: token.id, tenantId };
  }
  for (const [name, jwt] of live.jwts) yield { name, id: name, sha: jwt.claims, tenantId: jwt.tenant };
}
function belonging({ desired, adopt, fleet }, { facts, shared }) {
  const wantedBy = new Map(adopt ? desired.map(({ key, tenant }) => [key, tenant]) : []);
  return (token, { tenant, resource: wanted }) => {
    const said5 = ownerOf2(token, fleet);
    if (said5.kind !== "unmarked") return said5.kind === "ours" && said5.marker.tenant === tenant;
    if (wanted.kind === "token" && wanted.description !== void 0) return adopt;
    return token.scopes.every(({ resource }) => {
      const fact = facts.get(resource ?? "");
      if (shared.has(resource ?? "")) return true;
      if (fact?.owner.kind === "unmarked") return adopt && wantedBy.get(fact.resource.key) === tenant;
      return fact?.owner.kind === "ours" && fact.owner.marker.tenant === tenant;
    });
  };
}
var grantsOf = (resource) => resource.kind === "token" ? [] : resource.grants;
var inScope = (input, tenant) => input.only === null || tenant === null || input.only.has(tenant);
// src/report/rotation.ts
function rotationNotes({ absent, begun, held: held2, waits, unstored }) {
  const why = Map.groupBy(waits, (wait) => wait.why);
  const of = (reason) => why.get(reason) ?? [];
  return [
    ...unstored === 0 ? [] : [
      `${(0, import_index_run_telling.plural)(unstored, "new value")} ${unstored === 1 ? "is" : "are"} stored nowhere: hand ${unstored === 1 ? "it" : "them"} out before the old ${unstored === 1 ? "token goes" : "tokens go"} (\`tinybird-tenants token show TENANT/ROLE --reveal\`)`
    ],
    ...told(absent, (who) => `nothing to rotate for ${who}: there is no token yet, an apply makes it`),
    ...told(
      [...held2],
      (who) => `not rotated: ${who}, because what it opens has changes that wait for an apply. Apply first, then rotate`
    ),
    ...told(
      begun,
      (who) => `the rotation of ${who} goes on: the token before the current one still works. \`now\` ends it at once`
    ),
    ...told(
      of("unpublished").map(nameOf2),
      (who) => `${who} works until the token that follows it is where its readers find it`
    ),
    ...graceNotes(waits),
    ...usedNotes(waits),
    ...told(
      of("appends").map(nameOf2),
      (who) => `${who} works on, because it may append, and nothing tells whether it still does: \`force\` retires it`
    ),
    ...unknownNotes(waits)
  ];
}
var nameOf2 = ({ name }) => name;
function graceNotes(waits) {
  const found = waits.filter((wait) => wait.why === "grace");
  const first = Math.min(...found.map(({ until }) => until));
  return told(
    found.map(nameOf2),
    (who) => `${who}: works beside the token that follows it until ${timeOf(first)} at least`
  );
}
function usedNotes(waits) {
  const found = waits.filter((wait) => wait.why === "used");
  const notes = found.slice(0, SHOWN2).map(({ who, use }) => {
    const by = use.agents.filter(Boolean).map(plain2).join(", ");
    const at = use.pipes.map(plain2).join(", ");
    return `the old token ${use.name} of ${who} is still used: ${(0, import_index_run_telling.plural)(use.requests, "request")} since its successor was handed out, the last one ${timeOf(use.last)}${at === "" ? "" : ` (${at}${by === "" ? "" : `, by ${by}`})`}. It works on; \`force\` retires it all the same`;
  });
  const left2 = found.length - notes.length;
  return left2 === 0 ? notes : [...notes, `and ${(0, import_index_run_telling.plural)(left2, "old token")} more ${left2 === 1 ? "is" : "are"} still used`];
}
function unknownNotes(waits) {
  const found = waits.filter((wait) => wait.why === "unknown");
  const [first] = found;
  if (first === void 0) return [];
  return told(
    found.map(nameOf2),
    (who) => `${who} works on, because it cannot be told whether it is still used: ${first.reason} \`force\` retires it all the same`
  );
}
var SHOWN2 = 5;
function told(names2, sentence) {
  if (names2.length === 0) return [];
  const left2 = names2.length - SHOWN2;
  return [sentence(names2.slice(0, SHOWN2).join(", ") + (left2 > 0 ? ` and ${left2} more` : ""))];
}
var plain2 = (text) => text.replace(/[^\x20-\x7e]/g, "?").slice(0, 60);
var timeOf = (seconds2) => new Date(seconds2 * 1e3).toISOString().replace(/\.\d+Z$/, "Z");
// src/github/ledger-variable.ts
// src/github/ledger.ts
var MOST_BYTES = 48 * 1024;
var FINGERPRINT_CHARACTERS = 16;
var VERSION = 1;
function fingerprint(name, value) {
  const digest = (0, import_node_crypto2.createHash)("sha256").update(`${name}\0${value.reveal()}`).digest("base64url");
  return digest.slice(0, FINGERPRINT_CHARACTERS);
}
var EncodedEntry = (0, import_index_main_step.tuple)([
  (0, import_index_main_step.string)().nullable(),
  (0, import_index_main_step.string)().nullable(),
  (0, import_index_main_step.tuple)([(0, import_index_main_step.string)(), (0, import_index_main_step.int)(), (0, import_index_main_step.string)().optional(), (0, import_index_main_step.int)().optional()]).nullable(),
  (0, import_index_main_step.union)([(0, import_index_main_step.literal)(0), (0, import_index_main_step.literal)(1)]),
  (0, import_index_main_step.int)().optional(),
  (0, import_index_main_step.int)().optional()
]);
var Encoded = (0, import_index_main_step.strictObject)({
  v: (0, import_index_main_step.literal)(VERSION),
  fleet: (0, import_index_main_step.string)(),
  targets: (0, import_index_main_step.record)((0, import_index_main_step.string)(), (0, import_index_main_step.record)((0, import_index_main_step.string)(), EncodedEntry))
});
function encodeLedger(fleet, ledger) {
  const targets = Object.fromEntries(
    byName(ledger).map(([target, entries]) => [
      target,
      Object.fromEntries(byName(entries).map(([name, entry]) => [name, encodeEntry(entry)]))
    ])
  );
  const text = JSON.stringify({ v: VERSION, fleet, targets });
  const bytes = Buffer.byteLength(text);
  if (bytes <= MOST_BYTES) return (0, import_index_main_step.ok)(text);
  const message = `the ledger of ${fleet} would be ${bytes} bytes, a GitHub variable holds ${MOST_BYTES}: use fewer secrets, or \`tokens-file\``;
  return (0, import_index_main_step.bad)({ file: "secrets", message });
}
var encodeEntry = ({
  tenant,
  fingerprint: fingerprint2,
  jwt,
  pending,
  switched
}) => [
  tenant,
  fingerprint2,
  jwt === null ? null : encodeJwt(jwt),
  pending ? 1 : 0,
  ...switched === null ? [] : [switched.slot, switched.since]
];
function encodeJwt({ claims, expires, digest, latest }) {
  if (digest === void 0) return [claims, expires];
  return latest === void 0 ? [claims, expires, digest] : [claims, expires, digest, latest];
}
var byName = (map) => [...map].sort(([a], [b]) => a < b ? -1 : 1);
function decodeLedger(fleet, text) {
  const parsed = Encoded.safeParse(parseJson(text));
  if (!parsed.success) {
    return { kind: "unknown", reason: "it is damaged, or a newer version wrote it" };
  }
  if (parsed.data.fleet !== fleet) {
    return { kind: "unknown", reason: `it belongs to the fleet ${JSON.stringify(parsed.data.fleet)}` };
  }
  const targets = Object.entries(parsed.data.targets).map(
    ([target, entries]) => [target, new Map(Object.entries(entries).map(([name, row]) => [name, entryOf(row)]))]
  );
  return { kind: "present", ledger: new Map(targets) };
}
var entryOf = ([tenant, fingerprint2, jwt, pending, slot, since]) => ({
  tenant,
  fingerprint: fingerprint2,
  jwt: jwt === null ? null : jwtOf(jwt),
  pending: pending === 1,
  switched: slot === void 0 || since === void 0 ? null : { slot, since }
});
var jwtOf = ([claims, expires, digest, latest]) => ({
  claims,
  expires,
  ...digest === void 0 ? {} : { digest },
  ...latest === void 0 ? {} : { latest }
});
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
// src/github/names.ts
var ALLOWED = /^[A-Z_][A-Z0-9_]*$/;
var LEDGER_PREFIX = "TINYBIRD_TENANTS_LEDGER_";
function secretName(prefix, { slug, role }) {
  const name = `${prefix}${slug}_${role}`.toUpperCase();
  const wrong = whatIsWrong(name);
  return wrong === null ? (0, import_index_main_step.ok)(name) : (0, import_index_main_step.bad)({
    file: "input secret-prefix",
    message: `the secret ${JSON.stringify(name)} of ${slug}'s ${role} ${wrong}`
  });
}
function whatIsWrong(name) {
  if (/^[0-9]/.test(name)) return "starts with a digit";
  if (name.startsWith("GITHUB_")) return "starts with GITHUB_, which GitHub keeps for itself";
  if (!ALLOWED.test(name)) return "has characters other than letters, digits and _";
  return null;
}
function secretCollisions(named) {
  const byName4 = Map.groupBy(named, ({ name }) => name.toUpperCase());
  return [...byName4].filter(([, same]) => same.length > 1).map(([name, same]) => ({ name, owners: same.map(({ owner }) => owner) }));
}
var ledgerName = (fleet) => `${LEDGER_PREFIX}${fleet.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}`;
// src/github/ledger-variable.ts
async function readLedger(client, fleet) {
  const { owner, repo } = client;
  const name = ledgerName(fleet);
  const asked = { what: `read the variable ${name}`, permission: "Variables: read" };
  const answer2 = await client.ask(
    asked,
    (octokit) => octokit.paginate(octokit.rest.actions.listRepoVariables, { owner, repo, per_page: 30 })
  );
  if (!answer2.ok) return { kind: "unknown", reason: answer2.failure.sentence };
  const variable = answer2.value.find((each) => each.name.toUpperCase() === name);
  if (variable === void 0) return { kind: "absent" };
  const read2 = decodeLedger(fleet, variable.value);
  return read2.kind === "unknown" ? { ...read2, reason: `the variable ${name}: ${read2.reason}` } : read2;
}
var TRIES = 5;
async function changeLedger(client, change) {
  const { fleet, target, ours, first } = change;
  for (let attempt2 = 0; ; attempt2 += 1) {
    const ledger = await readLedger(client, fleet);
    if (ledger.kind === "unknown" && first.kind !== "unknown") {
      const { reason } = ledger;
      return { ok: false, failure: { status: 0, said: reason, sentence: reason } };
    }
    const entries = new Map(entriesOf(ledger, target));
    if (attempt2 === TRIES || attempt2 > 0 && says(entries, ours)) return { ok: true, value: null };
    for (const [name, entry] of ours) {
      if (entry === null) entries.delete(name);
      else entries.set(name, entry);
    }
    const all = ledger.kind === "present" ? ledger.ledger : [];
    const written = await writeLedger(client, fleet, new Map(all).set(target, entries));
    if (!written.ok) return written;
  }
}
var entriesOf = (ledger, target) => ledger.kind === "present" && ledger.ledger.get(target) || /* @__PURE__ */ new Map();
var says = (entries, ours) => [...ours].every(([name, entry]) => (0, import_node_util.isDeepStrictEqual)(entries.get(name) ?? null, entry));
async function writeLedger(client, fleet, ledger) {
  const encoded = encodeLedger(fleet, ledger);
  if (!encoded.ok) {
    const sentence = encoded.problems.map(import_index_main_step.readProblem).join("; ");
    return { ok: false, failure: { status: 0, said: sentence, sentence } };
  }
  const name = ledgerName(fleet);
  const variable = { owner: client.owner, repo: client.repo, name, value: encoded.value };
  const update = () => write(client, "updateRepoVariable", variable);
  const updated2 = await update();
  if (updated2.ok || updated2.failure.status !== 404) return updated2;
  const created = await write(client, "createRepoVariable", variable);
  return !created.ok && created.failure.status === 409 ? update() : created;
}
function write(client, how, variable) {
  const asked = { what: `write the variable ${variable.name}`, permission: "Variables: write" };
  return client.ask(asked, async ({ rest }) => {
    await rest.actions[how](variable);
    return null;
  });
}
// src/github/secrets.ts
var MOST_SECRETS = 100;
var MOST_BYTES2 = 48 * 1024;
var targetName = (target) => target.kind === "repository" ? "repository" : `environment:${target.environment}`;
function roomFor(target, { existing, more: more2 }) {
  if (existing + more2 <= MOST_SECRETS) return null;
  return `${targetName(target)} holds ${existing} secrets and ${more2} more are wanted, which makes ${existing + more2}; GitHub allows ${MOST_SECRETS}`;
}
async function listSecretNames(client, target) {
  const { owner, repo } = client;
  const asked = { what: `list the secrets of ${said(target)}`, permission: permissionOf(target, "read") };
  const answer2 = await client.ask(asked, (octokit) => {
    const { actions } = octokit.rest;
    return target.kind === "repository" ? octokit.paginate(actions.listRepoSecrets, { owner, repo, per_page: 100 }) : octokit.paginate(actions.listEnvironmentSecrets, {
      owner,
      repo,
      environment_name: target.environment,
      per_page: 100
    });
  });
  if (!answer2.ok) return missingEnvironment(answer2, { target, asked });
  return { ok: true, value: answer2.value.map(({ name }) => name.toUpperCase()) };
}
async function publicKeyOf(client, target) {
  const { owner, repo } = client;
  const asked = { what: `read the public key of ${said(target)}`, permission: permissionOf(target, "read") };
  const answer2 = await client.ask(asked, async ({ rest: { actions } }) => {
    const { data } = target.kind === "repository" ? await actions.getRepoPublicKey({ owner, repo }) : await actions.getEnvironmentPublicKey({ owner, repo, environment_name: target.environment });
    return { keyId: data.key_id, key: data.key };
  });
  return answer2.ok ? answer2 : missingEnvironment(answer2, { target, asked });
}
async function writeSecret(client, write2) {
  const { target, name, value, publicKey } = write2;
  const what = `write the secret ${name}`;
  const bytes = Buffer.byteLength(value.reveal());
  if (bytes > MOST_BYTES2) return tooLarge(what, bytes);
  const { owner, repo } = client;
  const { seal } = await Promise.resolve().then(() => require("./index.seal.cjs"));
  const sealed = {
    owner,
    repo,
    secret_name: name,
    encrypted_value: seal(value, publicKey.key),
    key_id: publicKey.keyId
  };
  return client.ask({ what, permission: permissionOf(target, "write") }, async ({ rest: { actions } }) => {
    if (target.kind === "repository") await actions.createOrUpdateRepoSecret(sealed);
    else await actions.createOrUpdateEnvironmentSecret({ ...sealed, environment_name: target.environment });
    return null;
  });
}
async function deleteSecret(client, target, name) {
  const { owner, repo } = client;
  const asked = { what: `delete the secret ${name}`, permission: permissionOf(target, "write") };
  const answer2 = await client.ask(asked, async ({ rest: { actions } }) => {
    if (target.kind === "repository") await actions.deleteRepoSecret({ owner, repo, secret_name: name });
    else {
      const environment_name = target.environment;
      await actions.deleteEnvironmentSecret({ owner, repo, environment_name, secret_name: name });
    }
    return null;
  });
  return !answer2.ok && answer2.failure.status === 404 ? { ok: true, value: null } : answer2;
}
var said = (target) => target.kind === "repository" ? "the repository" : `the environment ${JSON.stringify(target.environment)}`;
var permissionOf = (target, level) => `${target.kind === "repository" ? "Secrets" : "Environments"}: ${level}`;
function missingEnvironment({ failure }, { target, asked }) {
  if (target.kind === "repository" || failure.status !== 404) return { ok: false, failure };
  const hint = `create it in the repository's settings, or give the token \`${asked.permission}\``;
  return {
    ok: false,
    failure: { ...failure, sentence: `could not ${asked.what}: it does not exist; ${hint} (404)` }
  };
}
function tooLarge(what, bytes) {
  const message = `its value has ${bytes} bytes, GitHub takes ${MOST_BYTES2}`;
  const failure = { status: 0, said: message, sentence: `could not ${what}: ${message}` };
  return { ok: false, failure };
}
// src/secrets/vault.ts
function secretsTarget(inputs, context) {
  const { secrets } = inputs;
  const token = inputs["secrets-token"];
  if (secrets.kind === "none") return { none: null };
  if (secrets.kind === "auto" && token === null) {
    return { none: "token values are not stored: `secrets-token` is not given" };
  }
  if (token === null || context === null) {
    const what = token === null ? "`secrets-token` is not given" : "this is not a GitHub Actions job";
    throw new import_index_main_step.Stop(
      "bad-input",
      `input secrets: secrets cannot be written, because ${what}. Write \`secrets: none\`, or give what is missing.`
    );
  }
  return {
    target: secrets.kind === "environment" ? { kind: "environment", environment: secrets.name } : { kind: "repository" }
  };
}
async function openVault(inputs, context, at) {
  const client = await (0, import_index_run_telling.openClient)(inputs, context, "secrets-token");
  if (client === null) throw new Error("a vault needs secrets-token; secretsTarget checks that");
  const [ledger, names2] = await Promise.all([
    readLedger(client, at.fleet),
    listSecretNames(client, at.target)
  ]);
  if (!names2.ok) throw new import_index_main_step.Stop("request-failed", `${capital(names2.failure.sentence)}. Nothing was sent.`);
  return { client, target: at.target, ledger, existing: names2.value, layout: inputs["secret-layout"] };
}
var capital = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);
var entriesOf2 = ({ ledger, target }) => entriesOf(ledger, targetName(target));
function publishedAt(vault, secretName2, slot) {
  const entry = entriesOf2(vault).get(secretName2);
  if (entry === void 0 || entry.pending || !vault.existing.includes(secretName2)) return null;
  return entry.switched !== null && entry.switched.slot >= slot ? entry.switched.since : null;
}
// src/rotation/rotation.ts
var NONE = /* @__PURE__ */ new Set();
var NO_ROTATION = {
  next: NONE,
  retired: NONE,
  replaced: NONE,
  refreshed: NONE,
  renewed: NONE
};
function turn(tokens, { live, generation, now, turn: asked, held: held2 }) {
  const firsts = new Set(tokens.flatMap(({ token }) => token.via === "static" ? [token.name] : []));
  const there = liveSlots(firsts, live);
  if (asked === null) return { slots: there, rotation: NO_ROTATION, absent: [], begun: [] };
  const names2 = new Set(live.map(({ name }) => name));
  const slots = new Map(there);
  const next = /* @__PURE__ */ new Set();
  const retired = /* @__PURE__ */ new Set();
  const replaced = /* @__PURE__ */ new Set();
  const refreshed = /* @__PURE__ */ new Set();
  const absent = [];
  const begun = [];
  for (const { token, tenant, role } of tokens) {
    if (token.via === "jwt" || held2.has(token.name) || !(asked.tenants?.has(tenant.id) ?? true)) continue;
    const { current, retiring } = slotsOf(there, token.name);
    const who = `${tenant.id}/${role}`;
    if (!names2.has(current)) absent.push(who);
    else if (asked.olderThan !== null && slotTime(current) > Math.max(0, now - asked.olderThan)) continue;
    else if (asked.atOnce && generation === "classic") {
      refreshed.add(current);
      for (const name of retiring) retired.add(name);
      slots.set(token.name, { current, retiring: [] });
    } else if (!asked.atOnce && retiring.length > 0) begun.push(who);
    else {
      const following = slotName(token.name, Math.max(now, slotTime(current) + 1));
      next.add(following);
      const older = [current, ...retiring];
      if (asked.atOnce) for (const name of older) replaced.add(name);
      slots.set(token.name, { current: following, retiring: asked.atOnce ? [] : older });
    }
  }
  return { slots, rotation: { ...NO_ROTATION, next, retired, replaced, refreshed }, absent, begun };
}
function oldTokens(tokens, slots, { rotation, only }) {
  if (slots === NO_SLOTS || slots.size === 0) return [];
  return tokens.flatMap(({ token, tenant, role }) => {
    const { current, retiring } = slotsOf(slots, token.name);
    if (token.via === "jwt" || rotation.next.has(current) || !(only?.has(tenant.id) ?? true)) return [];
    const appends = token.scopes.some(({ type }) => type === "DATASOURCES:APPEND");
    return retiring.map((name) => ({ who: `${tenant.id}/${role}`, name, current, appends }));
  });
}
function overdue(old, { grace, now, publishedAt: publishedAt2 }) {
  const due = [];
  const waits = [];
  for (const one2 of old) {
    const { who, name } = one2;
    const since = publishedAt2(one2.current);
    if (since === null) waits.push({ who, name, why: "unpublished" });
    else if (now < since + grace) waits.push({ who, name, why: "grace", until: since + grace });
    else due.push({ ...one2, since });
  }
  return { due, waits };
}
function retire(due, uses, force) {
  const retired = /* @__PURE__ */ new Set();
  const waits = [];
  for (const { who, name, since, appends } of due) {
    const use = "unknown" in uses ? void 0 : uses.get(name);
    if (force) retired.add(name);
    else if ("unknown" in uses) waits.push({ who, name, why: "unknown", reason: uses.unknown });
    else if (use !== void 0 && use.last >= since) waits.push({ who, name, why: "used", use });
    else if (appends) waits.push({ who, name, why: "appends" });
    else retired.add(name);
  }
  return { retired, waits };
}
function without(slots, retired) {
  if (retired.size === 0) return slots;
  const left2 = new Map(slots);
  for (const name of retired) {
    const own = left2.get(firstOf(name));
    if (own !== void 0)
      left2.set(firstOf(name), { ...own, retiring: own.retiring.filter((one2) => one2 !== name) });
  }
  return left2;
}
// src/rotation/rotating.ts
function rotateOf(inputs, isAsked, tenants) {
  const olderThan = inputs["older-than"];
  const { grace, force } = inputs;
  const allJwts2 = inputs["all-jwts"];
  if ((inputs.now || allJwts2) && !isAsked) {
    throw new import_index_main_step.Stop("bad-input", "`now` and `all-jwts` are for the command rotate. Nothing was sent.");
  }
  if (allJwts2 && !inputs.now) {
    throw new import_index_main_step.Stop("bad-input", "all-jwts: it ends JWTs at once, so say `now` as well. Nothing was sent.");
  }
  if (!isAsked) return { turn: null, grace, force, allJwts: allJwts2 };
  if (tenants === null && olderThan === null) {
    throw new import_index_main_step.Stop(
      "bad-input",
      "rotate: say whose tokens: `tenant` (ids), `older-than` (such as 90d; 0d for all), or both. Nothing was sent."
    );
  }
  return { turn: { tenants, olderThan, atOnce: inputs.now }, grace, force, allJwts: allJwts2 };
}
async function rotating(asked, { live, tokens, held: held2, namesIn: namesIn5 }) {
  const { only, now, handout, connection } = asked;
  const { grace, force } = asked.rotate;
  const { generation } = connection.workspace;
  const turned = turn(tokens, { live, generation, now, turn: asked.rotate.turn, held: held2 });
  const old = oldTokens(tokens, turned.slots, { rotation: turned.rotation, only });
  const { vault, tokensFile } = handout;
  const made = turned.rotation.next.size + turned.rotation.refreshed.size;
  const unstored = vault === null && tokensFile === null ? made : 0;
  const names2 = old.length === 0 ? NO_NAMES : namesIn5(turned.slots);
  const since = (name) => vault === null ? slotTime(name) : publishedAt(vault, names2.get(name) ?? "", slotTime(name));
  const { due, waits } = overdue(old, { grace, now, publishedAt: since });
  const uses = due.length === 0 || force ? NO_USES : await usesSince(asked, due);
  const { retired, waits: used } = retire(due, uses, force);
  return {
    slots: without(turned.slots, retired),
    rotation: { ...turned.rotation, retired: turned.rotation.retired.union(retired) },
    notes: rotationNotes({ ...turned, held: held2, waits: [...waits, ...used], unstored })
  };
}
var NO_NAMES = /* @__PURE__ */ new Map();
var NO_USES = /* @__PURE__ */ new Map();
async function usesSince({ connection }, due) {
  try {
    const uses = await connection.reader.tokenUses(Math.min(...due.map(({ since }) => since)));
    return new Map(uses.map((use) => [use.name, use]));
  } catch (error) {
    if (error instanceof import_index_main_step.Stop) return { unknown: error.message };
    throw error;
  }
}
function heldBack(plan2, desired, { next }) {
  const waiting = new Set(waitingIn(plan2).map(({ key }) => firstOf((0, import_index_main_step.nameOf)(key))));
  return new Set(
    desired.flatMap(({ resource }) => {
      if (resource.kind !== "token" || !next.has(resource.name)) return [];
      const first = firstOf(resource.name);
      return waiting.has(first) || resource.scopes.some((scope) => waiting.has(scope.resource)) ? [first] : [];
    })
  );
}
function renewedBy({ rotate, now }, desired, jwts) {
  const { turn: asked } = rotate;
  if (asked === null) return /* @__PURE__ */ new Set();
  return new Set(
    desired.flatMap(({ resource, tenant }) => {
      if (resource.kind !== "token" || resource.via !== "jwt" || tenant === null) return [];
      const jwt = jwts.get(resource.name);
      const age = jwt === void 0 ? 0 : resource.ttl - (jwt.expires - now);
      if (rotate.allJwts) return [resource.name];
      const isMeant = (asked.tenants?.has(tenant) ?? true) && age >= (asked.olderThan ?? 0);
      return isMeant ? [resource.name] : [];
    })
  );
}
function tokensOf(situation) {
  const { whole: whole2, desired } = situation;
  const waiting = new Set(waitingIn(whole2).map(({ key }) => key));
  const steps = whole2.steps.map(({ name, changes }) => ({ name, changes: changes.filter(import_index_run_telling.isRenewal) }));
  return {
    ...situation,
    plan: { ...whole2, steps: steps.filter(({ changes }) => changes.length > 0) },
    desired: desired.filter(({ key, resource }) => resource.kind === "token" || !waiting.has(key)),
    builds: NO_BUILDS
  };
}
var waitingIn = (plan2) => (0, import_index_run_telling.changesIn)(plan2).filter((change) => !(0, import_index_run_telling.isRenewal)(change));
// src/rotation/signing.ts
var SIGNING_TOKEN = "workspace admin token";
var signingToken = (tokens) => tokens.find(({ name, scopes }) => name === SIGNING_TOKEN && scopes.some(({ type }) => type === "ADMIN"));
function signingRefusal({ live }, { handout, connection }, ours) {
  const signing = signingToken(live.tokens);
  if (signing === void 0 || signing.value === null) {
    return new import_index_main_step.Stop(
      "bad-input",
      `all-jwts: the token that signs JWTs (${JSON.stringify(SIGNING_TOKEN)}) of ${JSON.stringify(connection.workspace.name)} cannot be seen with the token given: give one with the scope ADMIN. Nothing was sent.`
    );
  }
  if (ours.some((token) => token !== null && (0, import_index_main_step.claimsOf)(token)?.id === signing.id)) {
    return new import_index_main_step.Stop(
      "bad-input",
      `all-jwts: this run works with the very token that signs the JWTs (${JSON.stringify(SIGNING_TOKEN)}). With another value of it the run would end its own access, and nobody would know the new value. Nothing was sent. Make a token of its own with the scope ADMIN for this, and give that as \`tinybird-token\`.`
    );
  }
  if (handout.vault === null && handout.tokensFile === null) {
    return new import_index_main_step.Stop(
      "bad-input",
      "all-jwts: the new JWTs would have nowhere to go. Nothing was sent. Give `secrets-token`, or `tokens-file`."
    );
  }
  return null;
}
async function endJwts(asked, { live, desired }) {
  const { handout, connection, sources } = asked;
  const { vault } = handout;
  const signing = signingToken(live.tokens);
  if (signing === void 0) throw new Error("signingRefusal asks for it");
  const ledger = vault?.ledger.kind === "present" ? vault.ledger.ledger : /* @__PURE__ */ new Map();
  for (const [target, entries] of ledger) {
    const ours = /* @__PURE__ */ new Map();
    for (const [name, entry] of entries) if (entry.jwt !== null) ours.set(name, { ...entry, pending: true });
    if (vault === null || ours.size === 0) continue;
    const announced = await changeLedger(vault.client, {
      fleet: sources.fleet.name,
      target,
      ours,
      first: vault.ledger
    });
    if (!announced.ok) throw new import_index_main_step.Stop("failed", `${announced.failure.sentence}. No JWT was ended.`);
  }
  await connection.writer.refreshSigningToken(signing.id);
  return `every JWT of the workspace was ended: ${(0, import_index_run_telling.plural)(desired.filter(isJwt).length, "JWT")} of this list ${desired.filter(isJwt).length === 1 ? "is" : "are"} minted again, those of other lists and backends have to be minted by whoever holds them`;
}
var SHOWN3 = 5;
function jwtNotes({ rotate }, { renewed }, live) {
  if (rotate.turn?.atOnce !== true || rotate.allJwts || renewed.size === 0) return [];
  const names2 = [...renewed];
  const ends = names2.map((name) => live.get(name)?.expires ?? 0);
  const until = Math.max(0, ...ends);
  const old = until === 0 ? "" : `, the old ones work until ${new Date(until * 1e3).toISOString()}`;
  const who = names2.slice(0, SHOWN3).join(", ") + (names2.length > SHOWN3 ? `, \u2026 (${names2.length})` : "");
  return [
    `${who}: minted again, but a JWT cannot be ended alone${old}. \`all-jwts\` gives the token that signs them another value: then every JWT of the workspace is refused at once; those of this list are minted and stored again, and those of other lists, of backends and of people have to be minted again by whoever holds them`
  ];
}
// src/github/buckets.ts
var BUCKETS = 64;
function bucketOf(tenant) {
  const [first = 0] = (0, import_node_crypto3.createHash)("sha256").update(tenant, "utf8").digest();
  return first % BUCKETS;
}
var bucketName = (prefix, bucket) => `${prefix}BUCKET_${String(bucket).padStart(2, "0")}`.toUpperCase();
var bucketNames = (prefix) => Array.from({ length: BUCKETS }, (_, bucket) => bucketName(prefix, bucket));
function bucketText(values) {
  const tenants = Map.groupBy(values, ({ tenant }) => tenant);
  return object2(
    [...tenants].map(([tenant, roles]) => [
      tenant,
      object2(roles.map(({ role, value }) => [role, JSON.stringify(value)]))
    ])
  );
}
var object2 = (members) => `{${members.toSorted(([one2], [other]) => one2 < other ? -1 : 1).map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(",")}}`;
// src/secrets/holdings.ts
function staticParts(asked) {
  const { desired, live, only } = asked;
  const byName4 = new Map(live.tokens.map((token) => [token.name, token]));
  const byFirst = Map.groupBy(live.tokens, ({ name }) => firstOf(name));
  const wanted = desired.flatMap(({ resource, tenant, role }) => {
    if (resource.kind !== "token" || resource.via !== "static" || tenant === null || role === null) return [];
    const found = byName4.get(resource.name) ?? newest(byFirst.get(firstOf(resource.name)) ?? []);
    if (found === void 0 && only?.has(tenant) === false) return [];
    return [{ ...said2({ tenant, role, token: found }), name: found?.name ?? resource.name, isOrphan: false }];
  });
  return [...wanted, ...keptParts(asked)];
}
var said2 = ({ tenant, role, token }) => ({ kind: "static", tenant, role, id: token?.id ?? null, value: token?.value ?? null });
var newest = (tokens) => tokens.toSorted((one2, other) => slotTime(other.name) - slotTime(one2.name))[0];
function keptParts(asked) {
  const { desired, live, fleet, only, prune } = asked;
  const listed = new Set(fleet.tenants.map(({ id }) => id));
  const stays = (tenant) => only?.has(tenant) === false || !listed.has(tenant) && !prune;
  const named = new Set(desired.flatMap(namesIn2));
  const carriers2 = carriersOf({ desired, live, fleet });
  const slugs = slugsOf(carriers2);
  const kept = live.tokens.flatMap((token) => {
    const first = firstOf(token.name);
    if (named.has(first) || named.has(token.name)) return [];
    const tenant = tenantOf(token, carriers2);
    if (tenant === null || !stays(tenant)) return [];
    const said5 = ownerOf2(token, fleet);
    const slug = said5.kind === "ours" ? said5.slug : slugs.get(tenant);
    if (slug === void 0 || !first.startsWith(`${slug}_`)) return [];
    return [{ tenant, role: first.slice(slug.length + 1), token, first }];
  });
  return [...Map.groupBy(kept, ({ first }) => first).values()].flatMap((slots) => {
    const token = newest(slots.map((one3) => one3.token));
    const [one2] = slots;
    if (token === void 0 || one2 === void 0) return [];
    const { tenant, role } = one2;
    return [{ ...said2({ tenant, role, token }), name: token.name, isOrphan: !listed.has(tenant) }];
  });
}
function namesIn2({ resource }) {
  return resource.kind === "token" ? [resource.name, firstOf(resource.name)] : resource.grants.map(({ token }) => token);
}
var slugsOf = ({ facts }) => new Map(
  [...facts.values()].flatMap(
    ({ owner }) => owner.kind === "ours" ? [[owner.marker.tenant, owner.slug]] : []
  )
);
// src/secrets/layout.ts
function chooseLayout(choice) {
  const { asked, entries, existing, prefix, tokensOnly } = choice;
  const buckets = new Set(bucketNames(prefix));
  const isPacked = [...entries.values()].some(({ tenant }) => tenant === null) || // A ledger that was lost: to begin anew beside buckets of ours would hide that.
  entries.size === 0 && existing.some((name) => buckets.has(name));
  if (tokensOnly && entries.size > 0)
    return { layout: isPacked ? "packed" : "per-tenant", why: "as it is; only an apply moves values" };
  if (asked !== "auto") return { layout: asked, why: "as `secret-layout` says" };
  if (isPacked) return { layout: "packed", why: "as it is; `auto` does not go back by itself" };
  return byRoom(choice);
}
function byRoom({ entries, existing, names: names2, stays }) {
  const others = existing.filter((name) => !entries.has(name));
  const kept = [...entries].flatMap(([name, { tenant }]) => tenant !== null && stays(tenant) ? [name] : []);
  const all = (/* @__PURE__ */ new Set([...others, ...kept, ...names2])).size;
  const own = (0, import_index_run_telling.plural)(all - others.length, "secret");
  const beside = others.length > 0 ? ` beside ${(0, import_index_run_telling.plural)(others.length, "other")}` : "";
  return all <= MOST_SECRETS ? { layout: "per-tenant", why: `${own} fit${all - others.length === 1 ? "s" : ""}${beside}` } : { layout: "packed", why: `${own}${beside} would be more than the ${MOST_SECRETS} that GitHub allows` };
}
var ownName = (prefix, token) => `${prefix}${firstOf(token)}`.toUpperCase();
function ownNames(desired, fleet, prefix) {
  const slugs = new Map(fleet.tenants.map(({ id, slug }) => [id, slug]));
  const problems = [];
  const named = [];
  for (const { resource, tenant, role } of desired) {
    if (resource.kind !== "token" || tenant === null || role === null) continue;
    const owner = { slug: slugs.get(tenant) ?? tenant, role };
    const name = secretName(prefix, owner);
    if (name.ok) named.push({ token: resource.name, name: name.value, owner });
    else problems.push(...name.problems);
  }
  const reserved = bucketNames(prefix).map((name) => ({ name, owner: null }));
  for (const { name, owners } of secretCollisions([...named, ...reserved])) {
    const who = owners.map((owner) => owner === null ? "the layout `packed`" : `${owner.slug}'s ${owner.role}`).join(" and ");
    problems.push({
      file: "input secret-prefix",
      message: `the secret ${name} is wanted twice: for ${who}. Give one of the tenants another \`slug\``
    });
  }
  return problems.length > 0 ? (0, import_index_main_step.bad)(...problems) : (0, import_index_main_step.ok)(new Map(named.map(({ token, name }) => [token, name])));
}
function secretNames(own, desired, { layout, prefix }) {
  if (layout === "per-tenant") return own;
  const tenants = new Map(desired.map(({ resource, tenant }) => [resource.name, tenant ?? ""]));
  return new Map(
    [...own.keys()].map((token) => [token, bucketName(prefix, bucketOf(tenants.get(token) ?? ""))])
  );
}
// src/github/digest.ts
var HASH_CHARACTERS = 16;
var NAME_CHARACTERS = 3;
var DIGEST_CHARACTERS = 560;
var FEWEST = 2;
var MOST = 13;
var TELLING = 8;
var hash2 = (text) => (0, import_node_crypto4.createHash)("sha256").update(text).digest("base64url");
var claimsOfAll = (jwts) => hash2(JSON.stringify(jwts.map(({ name, claims }) => [name, claims]).sort(byName2))).slice(0, HASH_CHARACTERS);
var byName2 = ([one2 = ""], [other = ""]) => one2 < other ? -1 : 1;
function digestOf(jwts) {
  const width = widthFor(jwts.length);
  return width.toString(36) + jwts.map((jwt) => nameOf3(jwt) + claimsOf2(jwt, width)).sort().join("");
}
var widthFor = (jwts) => Math.max(FEWEST, Math.min(MOST, Math.floor(DIGEST_CHARACTERS / Math.max(1, jwts)) - NAME_CHARACTERS));
var nameOf3 = ({ name }) => hash2(name).slice(0, NAME_CHARACTERS);
var claimsOf2 = ({ name, claims }, width) => hash2(`${name}\0${claims}`).slice(0, width);
function readDigest(text) {
  const width = Number.parseInt(text.slice(0, 1), 36);
  const size = NAME_CHARACTERS + width;
  const rows = Number.isNaN(width) ? [] : text.slice(1).match(new RegExp(`.{${size}}`, "g")) ?? [];
  const byRow = Map.groupBy(rows, (row) => row.slice(0, NAME_CHARACTERS));
  return {
    count: rows.length,
    telling: width >= TELLING,
    row: (jwt) => {
      const own = byRow.get(nameOf3(jwt));
      if (own === void 0) return null;
      const wanted = nameOf3(jwt) + claimsOf2(jwt, width);
      return { same: own.includes(wanted), text: own[0] ?? "" };
    },
    has: (name) => byRow.has(nameOf3({ name }))
  };
}
// src/secrets/outstanding.ts
var EMPTY_BUCKET = { jwts: /* @__PURE__ */ new Map(), strangers: 0, until: null };
function jwtsInBuckets(entries, nameOf5, { wanted, former }) {
  const found = /* @__PURE__ */ new Map();
  const [wantedIn, formerIn] = [byBucket(wanted), byBucket(former)];
  for (const bucket of /* @__PURE__ */ new Set([...wantedIn.keys(), ...formerIn.keys(), ...numbersIn(entries, nameOf5)])) {
    const entry = entries.get(nameOf5(bucket));
    if (entry?.tenant !== null || entry.jwt === null) continue;
    const sides = { wanted: wantedIn.get(bucket) ?? [], former: formerIn.get(bucket) ?? [] };
    found.set(bucket, inBucket(entry.jwt, sides));
  }
  return found;
}
var byBucket = (all) => Map.groupBy(all, ({ tenant }) => bucketOf(tenant));
var numbersIn = (entries, nameOf5) => entries.size === 0 ? [] : Array.from({ length: BUCKETS }, (_, bucket) => bucket).filter((bucket) => entries.has(nameOf5(bucket)));
function inBucket(out, { wanted, former }) {
  const digest = readDigest(out.digest ?? "");
  const latest = out.latest ?? out.expires;
  const present = wanted.flatMap((jwt) => {
    const row = digest.row(jwt);
    return row === null ? [] : [{ jwt, ...row }];
  });
  if (present.length === digest.count && claimsOfAll(present.map(({ jwt }) => jwt)) === out.claims) {
    const shortest = Math.min(...present.map(({ jwt }) => jwt.ttl));
    const jwts2 = present.map(({ jwt: { name, tenant, claims, ttl } }) => {
      const known2 = { tenant, claims, same: true, proven: true, expires: out.expires - shortest + ttl };
      return [name, known2];
    });
    return { jwts: new Map(jwts2), strangers: 0, until: latest };
  }
  const left2 = former.filter(({ name }) => digest.has(name));
  const strangers = Math.max(0, digest.count - present.length - left2.length);
  const hidden = strangers + left2.length === 0 && present.every(({ same }) => same);
  const jwts = /* @__PURE__ */ new Map();
  for (const { jwt, same: alike, text } of present) {
    const same = alike && !hidden;
    const claims = same ? jwt.claims : `~${text}`;
    const proven = same && digest.telling;
    jwts.set(jwt.name, { tenant: jwt.tenant, same, proven, claims, expires: same ? out.expires : latest });
  }
  for (const { name, tenant } of left2)
    jwts.set(name, { tenant, same: false, proven: false, claims: "~", expires: latest });
  return { jwts, strangers, until: latest };
}
// src/secrets/contents.ts
function contentsOf(asked) {
  return asked.layout === "packed" ? bucketsOf(asked) : singlesOf(asked);
}
function jwtParts(desired) {
  return desired.flatMap(({ resource, tenant, role }) => {
    if (resource.kind !== "token" || resource.via !== "jwt" || tenant === null || role === null) return [];
    return [
      { kind: "jwt", tenant, role, name: resource.name, claims: (0, import_index_run_telling.claimsHash)(resource), ttl: resource.ttl }
    ];
  });
}
var outBuckets = ({
  entries,
  prefix,
  desired,
  former
}) => jwtsInBuckets(entries, (bucket) => bucketName(prefix, bucket), { wanted: jwtParts(desired), former });
function singlesOf(asked) {
  const { desired, only, prefix, entries } = asked;
  const moves = [...entries.values()].some(({ tenant }) => tenant === null);
  const inScope2 = (tenant) => only?.has(tenant) ?? true;
  const out = moves ? outBuckets(asked) : null;
  const statics = keptStatics(asked).filter(
    ({ tenant, isOrphan }) => inScope2(tenant) && !isOrphan || moves && !asked.tokensOnly
  );
  const jwts = jwtParts(desired).filter(
    ({ tenant, name }) => inScope2(tenant) || isCertain(out?.get(bucketOf(tenant))?.jwts.get(name))
  );
  return [...statics, ...jwts].map((part) => ({
    name: ownName(prefix, part.name),
    tenant: part.tenant,
    parts: [part],
    same: true,
    dropped: EMPTY_BUCKET,
    barred: null
  }));
}
var NOBODY = /* @__PURE__ */ new Set();
var keptStatics = (asked) => staticParts(asked.tokensOnly ? { ...asked, only: NOBODY, prune: false } : asked);
var isCertain = (out) => out?.same === true && out.proven;
function bucketsOf(asked) {
  const statics = Map.groupBy(keptStatics(asked), ({ tenant }) => bucketOf(tenant));
  const jwts = Map.groupBy(jwtParts(asked.desired), ({ tenant }) => bucketOf(tenant));
  const out = outBuckets(asked);
  const touched = touchedBy(asked, [...statics.values(), ...jwts.values()].flat());
  const numbers = /* @__PURE__ */ new Set([...statics.keys(), ...jwts.keys(), ...out.keys(), ...known(asked)]);
  return [...numbers].filter(touched).sort((one2, other) => one2 - other).map((number) => {
    const there = { statics: statics.get(number) ?? [], jwts: jwts.get(number) ?? [] };
    return bucketContent(asked, { number, ...there, out: out.get(number) ?? EMPTY_BUCKET });
  });
}
function known({ entries, prefix }) {
  return bucketNames(prefix).flatMap((name, number) => entries.has(name) ? [number] : []);
}
function touchedBy({ only, entries, prefix }, parts) {
  const moves = parts.some(({ name }) => entries.get(ownName(prefix, name))?.tenant != null);
  if (only === null || moves) return () => true;
  const numbers = new Set([...only].map(bucketOf));
  return (number) => numbers.has(number);
}
function bucketContent(asked, { number, statics, jwts, out }) {
  const { prefix, prune, afterwards: afterwards2 } = asked;
  const fates = jwts.map((part) => ({ part, fate: fateOf(asked, part, out) }));
  const held2 = fates.flatMap(({ part, fate }) => fate === "held" ? [part] : []);
  const former = [...out.jwts].filter(([name]) => !jwts.some((part) => part.name === name));
  const barred = [
    ...fates.flatMap(({ fate }) => typeof fate === "string" ? [] : [fate.barred]),
    ...former.flatMap(([name, { tenant }]) => strayOf(asked, name, tenant))
  ];
  const certain = held2.every(({ name }) => isCertain(out.jwts.get(name)));
  const same = certain && held2.length === out.jwts.size && (out.strangers === 0 || !prune);
  return {
    name: bucketName(prefix, number),
    tenant: null,
    parts: [...statics.filter(({ id }) => id !== null || !afterwards2), ...held2],
    same,
    dropped: { ...out, jwts: new Map(former) },
    barred: barred[0] ?? null
  };
}
function fateOf(asked, part, { jwts }) {
  const { only, tokensOnly, heldBack: heldBack3, entries, prefix } = asked;
  const { tenant, name, role } = part;
  const own = entries.get(ownName(prefix, name));
  const out = jwts.get(name);
  const isOut = out !== void 0 || own?.jwt != null;
  const isSame = isCertain(out) || isOwn(own, part);
  const inScope2 = (only?.has(tenant) ?? true) && !tokensOnly;
  if (isSame || inScope2 && !heldBack3.has(name)) return "held";
  if (!isOut) return "left-out";
  const why = inScope2 ? "what it needs was not carried out" : tokensOnly ? "only an apply may change it" : "this run is not about that tenant: run without `tenant`";
  return {
    barred: `the JWT ${role} of ${tenant} would say something else than the one that is out, and ${why}`
  };
}
var isOwn = (entry, { claims, tenant }) => entry?.jwt?.claims === claims && entry.tenant === tenant;
function strayOf({ only, tokensOnly }, name, tenant) {
  if (tokensOnly || (only?.has(tenant) ?? true)) return [];
  return [
    `the JWT ${name} of ${tenant} would be gone, and this run is not about that tenant: run without \`tenant\``
  ];
}
// src/secrets/keeping.ts
function keepingOf(vault, asked) {
  const { desired, sources, prefix, prune, tokensOnly } = asked;
  const { fleet } = sources;
  const listed = new Set(fleet.tenants.map(({ id }) => id));
  const chosen = chooseLayout({
    asked: vault.layout,
    entries: entriesOf2(vault),
    existing: vault.existing,
    names: (0, import_index_main_step.unwrap)(ownNames(desired, fleet, prefix)).values(),
    stays: (tenant) => !listed.has(tenant) && !prune,
    prefix,
    tokensOnly
  });
  return { ...chosen, prefix, former: formerTokens(sources) };
}
var formerTokens = ({ fleet, sets }) => fleet.tenants.flatMap(
  ({ id, slug, set, state }) => state === "active" ? [] : (sets.get(set)?.tokens ?? []).map(({ role }) => ({ tenant: id, name: (0, import_index_main_step.resourceName)(slug, role) }))
);
function namesOf(desired, at) {
  return secretNames((0, import_index_main_step.unwrap)(ownNames(desired, at.fleet, at.prefix)), desired, at);
}
function liveJwts(vault, desired, { prefix, former, fleet }) {
  const existing = new Set(vault.existing);
  const entries = new Map(
    [...entriesOf2(vault)].filter(([name, { pending }]) => !pending && existing.has(name))
  );
  const tokens = new Map([...(0, import_index_main_step.unwrap)(ownNames(desired, fleet, prefix))].map(([token, name]) => [name, token]));
  const jwts = /* @__PURE__ */ new Map();
  for (const [name, { jwt, tenant }] of entries) {
    if (jwt === null || tenant === null) continue;
    const token = tokens.get(name) ?? name.slice(prefix.length).toLowerCase();
    jwts.set(token, { tenant, claims: jwt.claims, expires: jwt.expires });
  }
  const wanted = jwtParts(desired);
  const buckets = jwtsInBuckets(entries, (bucket) => bucketName(prefix, bucket), { wanted, former });
  for (const { jwts: out } of buckets.values()) {
    for (const [token, { tenant, claims, expires }] of out) jwts.set(token, { tenant, claims, expires });
  }
  return jwts;
}
// src/templates/render.ts
function renderTenant(set, tenant) {
  const values = (0, import_index_main_step.tenantValues)(set.variables, tenant);
  const unknown4 = set.unknown.map((problem) => {
    return { ...problem, message: `tenant ${(0, import_index_main_step.show2)(tenant.id)}: ${problem.message}` };
  });
  if (!values.ok || unknown4.length > 0) return (0, import_index_main_step.bad)(...values.ok ? [] : values.problems, ...unknown4);
  const scope = { slug: tenant.slug, values: values.value };
  const problems = [];
  const files = [];
  const tokens = [];
  for (const file of set.files) {
    const cast = attempt(file, tenant, () => renderFile(file, scope, tenant));
    if (cast.ok) {
      const { datafile, print } = cast.value;
      files.push({ role: file.role, datafile, print, from: file.from });
    } else problems.push(...cast.problems);
  }
  for (const template of set.tokens) {
    const token = attempt(template, tenant, () => (0, import_index_main_step.ok)((0, import_index_main_step.fillToken)(template, scope, set.longestTtl)));
    if (token.ok) tokens.push({ role: template.role, token: token.value, from: template.from });
    else problems.push(...token.problems);
  }
  return problems.length > 0 ? (0, import_index_main_step.bad)(...problems) : (0, import_index_main_step.ok)({ files, tokens, backfill: set.backfill, allowWide: set.allowWide, ...allowed2(set) });
}
var allowed2 = ({ allow }) => allow.length > 0 ? { allow } : {};
function attempt({ file }, tenant, render2) {
  try {
    return render2();
  } catch (error) {
    if (!(error instanceof import_index_main_step.Misfit)) throw error;
    return (0, import_index_main_step.bad)({ file, ...error.at, message: `tenant ${(0, import_index_main_step.show2)(tenant.id)}: ${error.message}` });
  }
}
function renderFile(file, scope, tenant) {
  const name = (0, import_index_main_step.resourceName)(scope.slug, file.role);
  const cast = file.moulds.cast(scope, name);
  if (cast !== null) return (0, import_index_main_step.ok)(cast);
  const text = (0, import_index_main_step.fill)(file.template, scope);
  const parsed = (0, import_index_main_step.parseDatafile)(`${name}.${file.kind}`, text);
  if (parsed.ok) return (0, import_index_main_step.ok)((0, import_index_main_step.asPrinted)(parsed.value));
  const lines = text.split("\n");
  return (0, import_index_main_step.bad)(
    ...parsed.problems.map(({ line, message }) => {
      const where = line === void 0 ? "" : ` (line ${line} as rendered: ${(0, import_index_main_step.show2)(lines[line - 1]?.trim() ?? "")})`;
      return { file: file.file, message: `tenant ${(0, import_index_main_step.show2)(tenant.id)}: ${message}${where}` };
    })
  );
}
// src/sources.ts
var desiredOf = (sources, generation) => desiredState(wantedOf(sources, generation));
var declaredOf = (sources, generation) => declare(wantedOf(sources, generation));
var wantedOf = ({ fleet, sets, project }, generation) => ({
  fleet,
  project,
  generation,
  render: (tenant) => render(sets, tenant)
});
function render(sets, tenant) {
  const set = sets.get(tenant.set);
  if (set !== void 0) return renderTenant(set, tenant);
  const names2 = [...sets.keys()].sort();
  return (0, import_index_main_step.bad)({
    ...tenant.at,
    message: `tenant ${JSON.stringify(tenant.id)} wants the template set ${JSON.stringify(tenant.set)}, which does not exist (there ${names2.length === 1 ? "is" : "are"} ${names2.join(", ")})${(0, import_index_main_step.didYouMean)(tenant.set, names2)}`
  });
}
// src/situation.ts
async function lookAt(asked) {
  const { sources, connection, handout } = asked;
  const { generation } = connection.workspace;
  const reading2 = readLists(connection.reader);
  reading2.catch(() => {
  });
  await (0, import_promises.setImmediate)();
  const declared = (0, import_index_main_step.unwrap)(declaredOf(sources, generation));
  const first = desiredFrom(declared, NO_SLOTS);
  const ground = { declared, first, lists: await reading2 };
  const whole2 = await lookWith(asked, { ...ground, held: NOBODY2 });
  const held2 = asked.tokensOnly ? heldBack(whole2.plan, whole2.desired, whole2.rotation) : NOBODY2;
  const { names: names2, keeping, live, desired, plan: plan2, unplanned, notes } = held2.size === 0 ? whole2 : await lookWith(asked, { ...ground, held: held2 });
  const told4 = unplanned === 0 || handout.tokensFile !== null ? [] : [leftOut(unplanned)];
  const builds = generation === "classic" ? buildsOf({ plan: plan2, desired, live }) : NO_BUILDS;
  const all = {
    desired,
    live,
    names: names2,
    keeping,
    builds,
    plan: plan2,
    whole: plan2,
    notes: [...declared.notes, ...notes, ...told4]
  };
  return asked.tokensOnly ? tokensOf(all) : all;
}
var NOBODY2 = /* @__PURE__ */ new Set();
async function lookWith(asked, { declared, first, lists, held: held2 }) {
  const { sources, connection, handout, only, prune, adopt, now } = asked;
  const { fleet } = sources;
  const { vault } = handout;
  const isPlanned = (one2) => vault !== null && (vault.ledger.kind !== "unknown" || adopt) || !isJwt(one2);
  const desiredIn = (slots) => slots.size === 0 ? first : desiredFrom(declared, slots);
  const prefix = asked.secretPrefix;
  const keeping = vault === null ? null : keepingOf(vault, {
    desired: first.filter(isPlanned),
    sources,
    prefix,
    prune,
    tokensOnly: asked.tokensOnly
  });
  const namesIn5 = (slots) => keeping === null ? NO_NAMES2 : namesOf(desiredIn(slots).filter(isPlanned), { fleet, ...keeping });
  const turning = await rotating(asked, { tokens: declared.tokens, live: lists.tokens, held: held2, namesIn: namesIn5 });
  const all = desiredIn(turning.slots);
  const wanted = all.filter(isPlanned);
  const names2 = namesIn5(turning.slots);
  const jwts = vault === null || keeping === null ? NO_JWTS : liveJwts(vault, wanted, { fleet, ...keeping });
  const live = liveOf(lists, { generation: connection.workspace.generation, fleet }, jwts);
  const carriers2 = carriersOf({ desired: wanted, live, fleet });
  const desired = keepLines({ desired: wanted, live, fleet, only, prune }, carriers2);
  const rotation = { ...turning.rotation, renewed: renewedBy(asked, desired, jwts) };
  const made = plan({ desired, live, fleet, only, prune, adopt, now, rotation }, carriers2);
  const unplanned = all.length - wanted.length;
  const notes = [...turning.notes, ...jwtNotes(asked, rotation, jwts)];
  return { names: names2, keeping, live, desired, rotation, plan: made, unplanned, notes };
}
var NO_NAMES2 = /* @__PURE__ */ new Map();
var NO_JWTS = /* @__PURE__ */ new Map();
var leftOut = (n) => `${n} short-lived ${n === 1 ? "token is" : "tokens are"} not part of this plan: without \`secrets-token\` it cannot be told which are out`;
var isJwt = ({ resource }) => resource.kind === "token" && resource.via === "jwt";
// src/plan/calls.ts
var DEPLOYED = ["revoke", "apply", "remove"];
var deployedSteps = (plan2) => plan2.steps.map((step2) => step2.name).filter((name) => DEPLOYED.includes(name));
function deploymentOf(world, step2, { refused, drifted }) {
  const changes = changesOf(world.plan, step2).filter((change) => !refused.has(change.tenant ?? ""));
  const revoked = revokedGrants(world);
  const { files, settled: settled4, riding } = uploads(world, { step: step2, refused, drifted, revoked });
  const relined = step2 === "remove" ? [] : [...carriers(world, changes), ...revoked.keys()];
  return {
    step: step2,
    destructive: step2 === "remove",
    changes,
    uploads: files,
    settled: settled4,
    expected: {
      created: names(changes, "create"),
      changed: /* @__PURE__ */ new Set([...names(changes, "update"), ...riding, ...relined]),
      deleted: names(changes, "delete"),
      tokens: tokensOf2(world, [...changes, ...changesOf(world.plan, "revoke")])
    }
  };
}
function uploads({ plan: plan2, desired, live }, { step: step2, refused, drifted, revoked }) {
  const done = DEPLOYED.slice(0, DEPLOYED.indexOf(step2) + 1);
  const changed2 = /* @__PURE__ */ new Map();
  const pending = /* @__PURE__ */ new Set();
  for (const { name, changes } of plan2.steps) {
    for (const change of changes) {
      const isNow = done.includes(name) && !refused.has(change.tenant ?? "");
      if (isToken(change)) {
        if (!isNow && name !== "tokens")
          for (const carrier of carriers({ live }, [change])) pending.add(carrier);
      } else if (isNow) changed2.set((0, import_index_main_step.nameOf)(change.key), change);
      else pending.add((0, import_index_main_step.nameOf)(change.key));
    }
  }
  const files = [];
  const settled4 = /* @__PURE__ */ new Set();
  const riding = /* @__PURE__ */ new Set();
  const wanted = new Map(desired.map((one2) => [one2.key, one2]));
  for (const resource of live.resources) {
    const { name } = resource;
    if (changed2.has(name)) continue;
    const own = wanted.get(resource.key);
    const onlyOurs = own?.tenant === null && resource.unfaithful !== null;
    const same = own !== void 0 && !pending.has(name) && !drifted.has(name) && isLive(own, resource);
    if (own !== void 0 && (onlyOurs || same)) {
      files.push(textOf(own));
      settled4.add(name);
      if (onlyOurs || own.tenant === null && step2 === "apply") riding.add(name);
    } else files.push({ kind: "live", resource, without: revoked.get(name) ?? NONE2 });
  }
  for (const change of changed2.values()) if (change.action !== "delete") files.push(textOf(change.after));
  return { files, settled: settled4, riding };
}
var NONE2 = /* @__PURE__ */ new Set();
var isLive = ({ tenant, resource }, { datafile }) => tenant === null || resource.kind !== "token" && lastLine(resource.description) === lastLine(datafile.description) && !(0, import_index_run_telling.isEdited)(resource, datafile);
function lastLine(description) {
  const text = description.trimEnd();
  return text.slice(text.lastIndexOf("\n") + 1).trim();
}
function tokensOf2({ live }, changes) {
  const resources = new Map(live.resources.map((resource) => [resource.key, resource]));
  return new Set(
    changes.flatMap((change) => {
      if (isToken(change)) return [(0, import_index_main_step.nameOf)(change.key)];
      const before = resources.get(change.key)?.datafile.grants ?? [];
      const after2 = change.action !== "delete" && change.after.resource.kind !== "token" ? change.after.resource.grants : [];
      return [...before, ...after2].map(({ token }) => token);
    })
  );
}
function textOf({ resource, text }) {
  if (resource.kind === "token") throw new Error(`${resource.name} is a token: it has no file`);
  return { kind: "text", name: `${resource.name}.${resource.kind}`, text: text ?? (0, import_index_main_step.printDatafile)(resource) };
}
var permissionOf2 = (type) => type.endsWith(":APPEND") ? "APPEND" : "READ";
function revokedGrants({ plan: plan2, live }) {
  const revoked = /* @__PURE__ */ new Map();
  const tokens = new Map(live.tokens.map((token) => [token.name, token]));
  for (const change of changesOf(plan2, "revoke")) {
    if (!isToken(change)) continue;
    const keeps = new Set(
      change.action !== "delete" && change.after.resource.kind === "token" ? change.after.resource.scopes.map(({ type, resource }) => `${permissionOf2(type)} ${resource}`) : []
    );
    for (const { type, resource } of tokens.get((0, import_index_main_step.nameOf)(change.key))?.scopes ?? []) {
      const permission = permissionOf2(type);
      if (resource === null || keeps.has(`${permission} ${resource}`)) continue;
      const line = (0, import_index_run_telling.lineOf)({ token: (0, import_index_main_step.nameOf)(change.key), permission });
      revoked.set(resource, (revoked.get(resource) ?? /* @__PURE__ */ new Set()).add(line));
    }
  }
  return revoked;
}
function carriers({ live }, changes) {
  const tokens = new Map(live.tokens.map((token) => [token.name, token]));
  return changes.filter(isToken).flatMap((change) => {
    const before = tokens.get((0, import_index_main_step.nameOf)(change.key))?.scopes.flatMap(({ resource }) => resource ?? []) ?? [];
    const after2 = change.action !== "delete" && change.after.resource.kind === "token" ? change.after.resource.scopes : [];
    return [...before, ...after2.map((scope) => scope.resource)];
  });
}
var changesOf = (plan2, step2) => plan2.steps.find(({ name }) => name === step2)?.changes ?? [];
var isToken = (change) => change.key.startsWith("token/");
var names = (changes, action) => new Set(
  changes.filter((change) => change.action === action && !isToken(change)).map(({ key }) => (0, import_index_main_step.nameOf)(key))
);
// src/plan/needs.ts
function namesIn3(resource) {
  switch (resource.kind) {
    case "datasource":
      return [];
    case "pipe": {
      const target = viewOf(resource)?.target;
      const words = resource.nodes.flatMap(({ sql }) => mentionsIn(sql).map(({ name }) => name));
      return target === void 0 ? words : [target, ...words];
    }
    case "token":
      return resource.scopes.map((scope) => scope.resource);
  }
}
function inNeed(changes, resourceOf2) {
  const targetOf3 = (change) => {
    const resource = resourceOf2(change);
    return resource?.kind === "pipe" ? viewOf(resource)?.target : void 0;
  };
  const byName4 = new Map(changes.map((change) => [(0, import_index_main_step.nameOf)(change.key), change]));
  const fillers = Map.groupBy(changes, targetOf3);
  const done = /* @__PURE__ */ new Set();
  const order = [];
  const take = (change) => {
    if (done.has(change)) return;
    done.add(change);
    const resource = resourceOf2(change);
    const names2 = resource === void 0 ? [] : namesIn3(resource);
    for (const name of names2) {
      const need = byName4.get(name);
      if (need !== void 0) take(need);
      if (targetOf3(change) === void 0) for (const view of fillers.get(name) ?? []) take(view);
    }
    order.push(change);
  };
  for (const change of changes) take(change);
  return order;
}
// src/apply/fill.ts
async function serverTime(at) {
  if (at.time === null) {
    const asked = at.clock.now();
    const said5 = await at.reader.now();
    const heard = at.clock.now();
    at.time = { atLeast: (now) => said5 + (now - heard), atMost: (now) => said5 + (now - asked) };
  }
  return at.time;
}
function withCutoff(description, cutoff) {
  const found = (0, import_index_run_telling.markerOf)(description);
  if (found === null) return description;
  const { cutoff: _, ...marker } = found.marker;
  return (0, import_index_run_telling.marked)(found.rest, cutoff === null ? marker : { ...marker, cutoff });
}
var LONGER = 4;
var LONGEST_LEAD_MS = 3e4;
async function fillView(at, build, pipe) {
  const { writer, clock } = at;
  const { filling } = build;
  const node = pipe.nodes.find(({ type }) => type === "materialized")?.name ?? "";
  if (filling.kind === "none") return writer.createPipe(pipe, { replace: false });
  if (filling.kind === "approximate") {
    const time2 = await serverTime(at);
    const description2 = withCutoff(pipe.description, time2.atLeast(clock.now()));
    await writer.createPipe({ ...pipe, description: description2 }, { replace: false });
    await populate(at, { pipe: pipe.name, node, what: build.target.name });
    return settled2(at, build, pipe);
  }
  const cutoff = await createBefore(at, build, [pipe, filling]);
  const time = await serverTime(at);
  await clock.sleep(Math.max(0, cutoff + at.settle - time.atLeast(clock.now())));
  const name = fillOf(pipe.name);
  const description = withCutoff(pipe.description, cutoff);
  const { before } = cutView({ ...pipe, name, description }, filling, cutoff);
  await writer.createPipe(before, { replace: false });
  await populate(at, { pipe: name, node, what: build.target.name });
  await writer.deletePipe(name);
  return settled2(at, build, pipe);
}
async function createBefore(at, { target, fresh }, [pipe, filling]) {
  const { writer, clock } = at;
  const time = await serverTime(at);
  for (let lead = fresh ? at.settle : at.settle * LONGER; ; lead *= LONGER) {
    const cutoff = Math.ceil(time.atMost(clock.now()) + lead);
    const description = withCutoff(pipe.description, cutoff);
    const { since } = cutView({ ...pipe, description }, filling, cutoff);
    await writer.createPipe(since, { replace: false });
    if (time.atMost(clock.now()) < cutoff) return cutoff;
    if (!fresh || lead > LONGEST_LEAD_MS) {
      throw new import_index_main_step.Stop(
        "failed",
        `The workspace is too busy: the view ${pipe.name} was not there within ${Math.round(lead / 1e3)} s. Run again later.`
      );
    }
    await writer.deletePipe(pipe.name);
    await writer.deleteDatasource(target.name);
    await writer.createDatasource({ ...target, description: withCutoff(target.description, 0) });
  }
}
async function settled2({ writer, unfilled }, build, pipe) {
  await writer.updatePipe(pipe.name, { description: withCutoff(pipe.description, null) });
  if (!build.fresh) return;
  const { name, description } = build.target;
  const left2 = (unfilled.get(name) ?? 1) - 1;
  unfilled.set(name, left2);
  if (left2 > 0) return;
  await writer.alterDatasource(name, { description }, { dry: false });
}
var PROGRESS_MS = 1e4;
async function populate({ reader: reader2, writer, clock, timeout, say }, { pipe, node, what }) {
  const id = await writer.populate(pipe, node);
  let told4 = clock.now();
  const ended3 = await (0, import_index_main_step.poll)(clock, told4 + timeout, async () => {
    const job = await reader2.job(id);
    if (job === null) throw new import_index_main_step.Stop("failed", `The job ${id}, which filled ${what}, is gone. Run again.`);
    if (job.phase !== "working") return job;
    if (clock.now() - told4 > PROGRESS_MS) {
      told4 = clock.now();
      say(`History of ${what}: ${job.progress === null ? "working" : `${Math.round(job.progress)}%`}`);
    }
    return void 0;
  });
  if (ended3 === "timeout") {
    throw new import_index_main_step.Stop(
      "failed",
      `The history of ${what} was not filled in within \`deploy-timeout\` (job ${id}). Nothing reads it yet; the next run starts it again. Raise \`deploy-timeout\` if there is a lot of history.`
    );
  }
  if (ended3.phase === "failed") {
    throw new import_index_main_step.Stop(
      "failed",
      `The history of ${what} could not be filled in (job ${id}): ${ended3.error ?? "the workspace does not say why"}`
    );
  }
}
// src/apply/history.ts
async function makeView(at, build) {
  switch (build.how) {
    case "new":
      return fillView(at, build, build.pipe);
    case "moved":
      await fillView(at, build, { ...build.pipe, name: nextOf(build.pipe.name) });
      return replaceView(at, build.pipe.name);
    case "beside":
      return remake(at, build);
  }
}
async function replaceView({ writer }, name) {
  await writer.deletePipe(name);
  await writer.updatePipe(nextOf(name), { name });
}
async function remake(at, build) {
  const { writer } = at;
  const { name } = build.target;
  const target = { ...build.target, name: nextOf(name) };
  const pipe = { ...onto(build.pipe, target.name), name: nextOf(build.pipe.name) };
  await writer.createDatasource({ ...target, description: withCutoff(target.description, 0) });
  await fillView(at, { ...build, target }, pipe);
  await writer.exchangeDatasources(name, target.name);
  await refuseOtherSwap(at, { view: pipe.name, target: name, old: target.name });
  for (const token of tokensOf3(at, name)) await writer.updateToken(token);
  await writer.deletePipe(build.pipe.name);
  await writer.deleteDatasource(target.name);
  await writer.updatePipe(pipe.name, { name: build.pipe.name });
}
var tokensOf3 = ({ tokens }, table) => [...tokens.values()].filter(
  ({ scopes }) => scopes.some(({ type, resource }) => type.startsWith("DATASOURCES:") && resource === table)
);
var onto = (pipe, target) => ({
  ...pipe,
  nodes: pipe.nodes.map(
    (node) => node.type === "materialized" ? { ...node, settings: [{ command: "DATASOURCE", value: target }] } : node
  )
});
async function refuseOtherSwap({ reader: reader2, writer }, { view, target, old }) {
  const [datasources, pipes] = await Promise.all([reader2.datasources(), reader2.pipes()]);
  const id = datasources.find(({ name }) => name === target)?.id;
  const found = pipes.find(({ name }) => name === view)?.datafile;
  const node = found?.kind === "pipe" ? found.nodes.find(({ type }) => type === "materialized") : void 0;
  const fills = node?.settings.find(({ command }) => command === "DATASOURCE")?.value;
  if (fills === id || fills === target) return;
  await writer.exchangeDatasources(target, old);
  throw new import_index_main_step.Stop(
    "server-refused",
    `The workspace swapped ${target} and ${old} without leaving the view ${view} at its table, so the swap was undone. The old table serves as before. Give the changed resource a new role, so that it stands beside the old one.`
  );
}
// src/apply/change.ts
async function carryOne(at, change) {
  switch (change.action) {
    case "create":
    case "update": {
      const { resource } = change.after;
      switch (resource.kind) {
        case "datasource":
          return change.action === "create" ? createTable(at, resource) : alterTable(at, resource, change);
        case "pipe":
          return change.action === "create" ? createPipe(at, resource, change) : updatePipe(at, resource, change);
        case "token":
          return setToken(at, resource, change);
        default:
          return (0, import_index_main_step.assertNever)(resource);
      }
    }
    case "delete":
      return remove(at, change.key);
    case "replace":
      throw new import_index_main_step.Stop("failed", `${change.key} would have to be made anew: ${change.why}`);
    default:
      return (0, import_index_main_step.assertNever)(change);
  }
}
async function narrow(at, change) {
  if (change.action === "delete" || !change.key.startsWith("token/")) return carryOne(at, change);
  if (isRefresh(change)) return at.writer.refreshToken((0, import_index_main_step.nameOf)(change.key));
  const { resource } = change.after;
  if (resource.kind !== "token") return carryOne(at, change);
  const live = at.tokens.get(resource.name);
  const has = new Set(live?.scopes.map(import_index_run_telling.liveScopeText));
  const wanted = tokenOf(resource);
  const scopes = wanted.scopes.filter((scope) => {
    const isThere = at.resources.has(scope.resource ?? "");
    return has.has((0, import_index_run_telling.liveScopeText)(scope)) || scope.filter !== null && isThere;
  });
  if (scopes.length > 0) {
    await at.writer.updateToken({ ...wanted, scopes });
    if (live !== void 0) at.tokens.set(resource.name, { ...live, ...wanted, scopes });
    return;
  }
  await at.writer.deleteToken(resource.name);
  at.tokens.delete(resource.name);
}
var isRefresh = (change) => change.action === "update" && change.fields.join() === "value";
var KINDS = { datasource: "deleteDatasource", pipe: "deletePipe", token: "deleteToken" };
function remove({ writer }, key) {
  const slash = key.indexOf("/");
  const kind = key.slice(0, slash);
  if (kind !== "datasource" && kind !== "pipe" && kind !== "token") throw new Error(`what is a ${kind}?`);
  return writer[KINDS[kind]](key.slice(slash + 1));
}
var describe = ({ unfilled }, { name, description }) => unfilled.has(name) ? withCutoff(description, 0) : description;
async function createTable(at, table) {
  await at.writer.createDatasource({ ...table, description: describe(at, table) });
  at.resources.set(table.name, table);
}
async function alterTable(at, table, change) {
  const build = at.builds.get(change.key);
  if (build !== void 0) return makeOnce(at, build);
  const before = at.resources.get(table.name);
  if (before?.kind !== "datasource") throw new Error(`${table.name} is updated but not live`);
  const alteration = alterationOf({ ...table, description: describe(at, table) }, before);
  if (alteration.columns !== void 0 || alteration.indexes !== void 0 || alteration.ttl !== void 0) {
    await at.writer.alterDatasource(table.name, alteration, { dry: true });
  }
  await at.writer.alterDatasource(table.name, alteration, { dry: false });
}
function alterationOf(after2, before) {
  const ttl = (0, import_index_run_telling.engineOption)(after2, "TTL");
  const columns = JSON.stringify(after2.columns) !== JSON.stringify(before.columns);
  return {
    description: after2.description,
    ...columns ? { columns: after2.columns } : {},
    ...ttl === (0, import_index_run_telling.engineOption)(before, "TTL") ? {} : { ttl },
    ...JSON.stringify(after2.indexes) === JSON.stringify(before.indexes) ? {} : { indexes: after2.indexes }
  };
}
function createPipe(at, pipe, change) {
  const build = at.builds.get(change.key);
  return build === void 0 ? at.writer.createPipe(pipe, { replace: false }) : makeOnce(at, build);
}
function makeOnce(at, build) {
  const making = at.made.get(build) ?? makeView(at, build);
  at.made.set(build, making);
  return making;
}
async function updatePipe(at, pipe, change) {
  const build = at.builds.get(change.key);
  if (build !== void 0) return makeOnce(at, build);
  const before = at.resources.get(pipe.name);
  if (before?.kind !== "pipe") throw new Error(`${pipe.name} is updated but not live`);
  const changed2 = changedNodes(pipe, before);
  const [node] = changed2;
  if (changed2.length > 1 || !sameShape(pipe, before)) return at.writer.createPipe(pipe, { replace: true });
  if (node !== void 0) await at.writer.updateNode(pipe.name, node);
  await at.writer.updatePipe(pipe.name, { description: pipe.description });
}
function changedNodes(after2, before) {
  const old = new Map(before.nodes.map((node) => [node.name, node]));
  return after2.nodes.filter(({ name, sql }) => old.get(name)?.sql.trim() !== sql.trim());
}
function sameShape(after2, before) {
  const shape = (pipe) => JSON.stringify(pipe.nodes.map(({ name, type, description }) => [name, type, description]));
  return shape(after2) === shape(before);
}
async function setToken(at, token, change) {
  const live = at.tokens.get(token.name);
  if (live === void 0) return at.writer.createToken(tokenOf(token));
  const next = updated(at, token, change);
  const texts = (scopes) => new Set(scopes.map(import_index_run_telling.liveScopeText));
  const isSame = texts(next.scopes).symmetricDifference(texts(live.scopes)).size === 0;
  if (!isSame || next.description !== live.description) await at.writer.updateToken(next);
}
function updated({ tokens }, token, { tenant }) {
  const wanted = tokenOf(token);
  const live = tokens.get(token.name);
  if (tenant !== null || live === void 0) return wanted;
  const known2 = new Set(wanted.scopes.map(import_index_run_telling.liveScopeText));
  const others = live.scopes.filter((scope) => !known2.has((0, import_index_run_telling.liveScopeText)(scope)));
  return { ...wanted, description: live.description, scopes: [...wanted.scopes, ...others] };
}
var tokenOf = ({ name, description, scopes }) => ({
  name,
  description: description ?? "",
  scopes: scopes.map(({ type, resource, filter }) => ({ type, resource, filter: filter ?? null }))
});
// src/apply/leftovers.ts
async function tidy(at) {
  const names2 = new Map(at.resources.map((resource) => [resource.name, resource]));
  const views = at.resources.filter(
    ({ name, datafile }) => datafile.kind === "pipe" && viewOf(datafile) !== null && !name.endsWith("__fill")
  );
  let found = false;
  for (const view of views) {
    if (!names2.has(view.name)) continue;
    const next = view.name.endsWith("__next");
    if (next && isDone(view)) await finish(at, view, names2);
    else if (!isDone(view)) await drop(at, views, { view, names: names2 });
    else continue;
    found = true;
  }
  const filled2 = new Set(views.filter(({ name }) => names2.has(name)).map(targetOf2));
  const isLeft = (one2) => BESIDE.test(one2.name) || one2.datafile.kind === "datasource" && isHalf(one2) && !filled2.has(one2.name);
  for (const { key, name, datafile } of at.resources.toSorted(byKind)) {
    const one2 = names2.get(name);
    if (one2 === void 0 || !isLeft(one2)) continue;
    at.say(`Removing ${key}, left by an earlier run`);
    if (datafile.kind === "pipe") await at.writer.deletePipe(name);
    else await at.writer.deleteDatasource(name);
    found = true;
  }
  return found;
}
var byKind = (one2, other) => Number(other.datafile.kind === "pipe") - Number(one2.datafile.kind === "pipe");
var cutoffOf = ({ datafile }) => (0, import_index_run_telling.markerOf)(datafile.description)?.marker.cutoff;
var targetOf2 = ({ datafile }) => (datafile.kind === "pipe" ? viewOf(datafile)?.target : void 0) ?? "";
var isDone = (view) => cutoffOf(view) === void 0 && !(view.name.endsWith("__next") && BESIDE.test(targetOf2(view)));
async function finish({ writer, say }, view, names2) {
  const name = view.name.replace(BESIDE, "");
  const old = nextOf(targetOf2(view));
  say(`Finishing the exchange of ${name}, begun by an earlier run`);
  if (names2.has(name)) await writer.deletePipe(name);
  if (names2.has(old)) await writer.deleteDatasource(old);
  await writer.updatePipe(view.name, { name });
  for (const gone2 of [view.name, old]) names2.delete(gone2);
}
var isHalf = (table) => BESIDE.test(table.name) || cutoffOf(table) !== void 0;
async function drop(at, views, { view, names: names2 }) {
  const target = names2.get(targetOf2(view));
  if (at.exists(targetOf2(view)) && !(target !== void 0 && isHalf(target))) throw unclear(view);
  const fillers = target === void 0 ? [view] : views.filter((one2) => targetOf2(one2) === target.name);
  for (const { name } of fillers) {
    at.say(`Dropping ${name}, whose history an earlier run did not finish`);
    for (const pipe of [fillOf(name), name]) if (names2.delete(pipe)) await at.writer.deletePipe(pipe);
  }
  if (target !== void 0 && names2.delete(target.name)) await at.writer.deleteDatasource(target.name);
}
var unclear = (view) => new import_index_main_step.Stop(
  "failed",
  `An earlier run did not finish filling the history of ${view.name} into ${targetOf2(view)}, which holds other rows too, so it cannot be told which are missing. Nothing was dropped. Delete the pipe ${view.name} and the rows that it brought, then run again; or write \`backfill: none\` in set.yaml and remove \` cutoff=\u2026\` from the pipe's description.`
);
// src/apply/progress.ts
var WORTH_TELLING_MS = 6e4;
function tellTables({ writer, say }, tables) {
  const wait = writer.eta(tables);
  if (wait < WORTH_TELLING_MS) return;
  say(`${(0, import_index_run_telling.plural)(tables, "data source")} to create, 25 a minute: at least ${minutes(wait)}`);
}
var TOLD_MS = 15e3;
function progressOf({ clock, say }, total) {
  const start = clock.now();
  let told4 = start;
  let done = 0;
  return () => {
    done += 1;
    const now = clock.now();
    if (now - told4 < TOLD_MS || done === total) return;
    told4 = now;
    say(
      `${done} of ${(0, import_index_run_telling.plural)(total, "tenant")}; about ${minutes((now - start) / done * (total - done))} left`
    );
  };
}
var minutes = (ms) => `${Math.ceil(ms / 6e4)} min`;
// src/apply/classic.ts
async function applyClassic(world, driver) {
  const run2 = { carrier: carrierOf(world, driver), driver, outcomes: /* @__PURE__ */ new Map(), missing: /* @__PURE__ */ new Set() };
  const ended3 = (again, stop) => {
    return { outcomes: [...run2.outcomes.values()], deploymentId: null, again, stop, notes: [] };
  };
  try {
    return ended3(await takeSteps(run2, world) === "moved", null);
  } catch (error) {
    if (error instanceof import_index_main_step.Stop) return ended3(false, error);
    throw error;
  }
}
function carrierOf(world, driver) {
  const { byKey: builds } = world.builds;
  const waiting = [...builds.values()].filter(
    ({ filling, fresh, how }) => filling.kind !== "none" && fresh && how !== "beside"
  );
  const unfilled = Map.groupBy(waiting, ({ target }) => target.name);
  return {
    ...driver,
    builds,
    made: /* @__PURE__ */ new Map(),
    unfilled: new Map([...unfilled].map(([name, views]) => [name, views.length])),
    resources: new Map(world.live.resources.map((resource) => [resource.name, resource.datafile])),
    tokens: new Map(world.live.tokens.map((token) => [token.name, token])),
    time: null
  };
}
async function takeSteps(run2, world) {
  const { plan: plan2 } = world;
  const revoke = changesOf(plan2, "revoke");
  await Promise.all(revoke.map((change) => settle(run2, change, () => narrow(run2.carrier, change))));
  if (await tidyUp(run2, world)) return "moved";
  await makeShared(run2, plan2);
  const widened = revoke.filter((change) => change.hazards.includes("widens-access"));
  const apply = [...changesOf(plan2, "apply").filter((change) => !isSharedTable(change)), ...widened];
  tellTables(
    run2.driver,
    apply.filter(({ action, key }) => action === "create" && key.startsWith("datasource/")).length
  );
  await byTenant2(run2, apply, (own) => inNeed(own, (change) => resourceOf(run2, change)));
  const remove2 = changesOf(plan2, "remove");
  if ([...run2.outcomes.values()].some(({ result }) => result === "failed")) {
    const because2 = "nothing is deleted after a failure in the same run";
    for (const change of remove2) record2(run2, change, { result: "skipped", because: because2 });
    return "done";
  }
  await byTenant2(run2, remove2, (own) => inNeed(own, (change) => resourceOf(run2, change)).reverse());
  return "done";
}
async function makeShared(run2, plan2) {
  const tables = changesOf(plan2, "apply").filter(isSharedTable);
  for (const change of tables) await settle(run2, change, () => carryOne(run2.carrier, change));
  const names2 = new Set(tables.filter(({ action }) => action === "create").map(({ key }) => (0, import_index_main_step.nameOf)(key)));
  const held2 = changesOf(plan2, "revoke").filter(
    (change) => change.action === "update" && change.after.resource.kind === "token" && change.after.resource.scopes.some(({ resource }) => names2.has(resource))
  );
  await Promise.all(held2.map((change) => settle(run2, change, () => narrow(run2.carrier, change))));
}
var isSharedTable = ({ tenant, key, action }) => tenant === null && key.startsWith("datasource/") && action !== "delete";
var resourceOf = ({ carrier }, change) => change.action === "delete" ? carrier.resources.get((0, import_index_main_step.nameOf)(change.key)) : carrier.builds.get(change.key)?.pipe ?? change.after.resource;
function tidyUp({ driver }, { live, plan: plan2, desired }) {
  const { writer, only, fleet, say } = driver;
  const wanted = new Set(desired.map(({ tenant }) => tenant));
  const vanished = new Set(plan2.orphans.map(({ tenant }) => tenant)).difference(wanted);
  const all = [...live.resources, ...live.beside ?? []];
  const ownerOf4 = ownership2(fleet);
  const resources = all.filter((resource) => {
    const owner = ownerOf4(resource);
    return owner.kind === "ours" && !vanished.has(owner.marker.tenant) && only?.has(owner.marker.tenant) !== false;
  });
  const names2 = new Set(all.map(({ name }) => name));
  return tidy({ writer, resources, exists: (name) => names2.has(name), say });
}
async function byTenant2(run2, changes, inOrder2) {
  const groups = Map.groupBy(changes, ({ tenant }) => tenant);
  const limit = (0, import_index_main_step.createLimit)(run2.driver.concurrency);
  const tell2 = progressOf(run2.driver, groups.size);
  const take = async (own) => {
    for (const change of inOrder2(own)) await settle(run2, change, () => carryOne(run2.carrier, change));
    tell2();
  };
  const first = changes[0]?.action === "delete" ? void 0 : groups.get(null);
  if (first !== void 0) await take(first);
  await Promise.all(
    [...groups].map(([, own]) => own === first ? Promise.resolve() : limit(() => take(own)))
  );
}
function record2({ outcomes, missing, carrier }, change, ending) {
  const { key, tenant, action } = change;
  outcomes.set(key, { key, tenant, action, ...ending });
  if (ending.result === "applied") return;
  missing.add((0, import_index_main_step.nameOf)(change.key));
  const target = carrier.builds.get(key)?.target.name;
  if (target !== void 0) missing.add(target);
}
async function settle(run2, change, work) {
  const resource = change.action === "delete" ? void 0 : resourceOf(run2, change);
  const needed = resource === void 0 ? [] : namesIn3(resource);
  const lacking2 = needed.find((name) => run2.missing.has(name));
  if (lacking2 !== void 0) {
    record2(run2, change, { result: "skipped", because: `it needs ${lacking2}, which is not there` });
    return;
  }
  try {
    await work();
    record2(run2, change, { result: "applied" });
  } catch (error) {
    if (!(error instanceof import_index_main_step.Stop)) throw error;
    record2(run2, change, { result: "failed", error: error.message });
  }
}
// src/apply/answer.ts
function blame(deployment, errors) {
  const owners = /* @__PURE__ */ new Map();
  for (const change of deployment.changes) {
    if (change.tenant !== null && change.action !== "delete") owners.set(fileOf(change.key), change.tenant);
  }
  const tenants = /* @__PURE__ */ new Map();
  const rest = [];
  for (const { file, message } of errors) {
    const text = file === null ? message : `${file}: ${message}`;
    const tenant = owners.get(file ?? "");
    if (tenant === void 0) rest.push(text);
    else if (!tenants.has(tenant)) tenants.set(tenant, text);
  }
  return { tenants, rest: rest.join("; ") };
}
var fileOf = (key) => {
  const slash = key.indexOf("/");
  return `${key.slice(slash + 1)}.${key.slice(0, slash)}`;
};
var createdOf = ({ newDatasources, newPipes }) => [
  ...newDatasources,
  ...newPipes
];
var changedOf = ({ changedDatasources, changedPipes }) => [
  ...changedDatasources,
  ...changedPipes
];
var deletedOf = ({ deletedDatasources, deletedPipes }) => [
  ...deletedDatasources,
  ...deletedPipes
];
function driftIn({ names: names2, tokenChanges }, { expected, settled: settled4 }) {
  const relined = tokenChanges.filter(({ name }) => !expected.tokens.has(name)).flatMap(({ added, removed }) => [...added, ...removed].map(({ resource }) => resource));
  const listed = changedOf(names2).filter((name) => !expected.changed.has(name));
  return [.../* @__PURE__ */ new Set([...listed, ...relined])].filter((name) => settled4.has(name)).sort();
}
function unexpected({ names: names2, tokenChanges }, { expected, step: step2 }) {
  const tokens = tokenChanges.map(({ name }) => name);
  const lines = [
    ...beyond("create", createdOf(names2), expected.created),
    ...beyond("change", changedOf(names2), expected.changed),
    ...beyond("delete", deletedOf(names2), expected.deleted),
    ...beyond("delete", names2.deletedConnections, /* @__PURE__ */ new Set()),
    ...beyond("change what is opened by the token", tokens, expected.tokens)
  ];
  if (step2 === "remove") {
    const kept = [...expected.deleted.difference(new Set(deletedOf(names2)))];
    if (kept.length > 0) lines.push(`not delete ${kept.sort().join(", ")}, which the plan removes`);
  }
  if (lines.length === 0) return null;
  return `The server was asked to check the deployment and would do what the plan does not say: ${lines.join("; ")}. It was not deployed. Somebody may have changed the workspace meanwhile: run again; if it stays, add what is named here to the folder given by \`project\`.`;
}
function beyond(verb, names2, expected) {
  const extra = [...new Set(names2).difference(expected)];
  return extra.length === 0 ? [] : [`${verb} ${extra.sort().join(", ")}`];
}
// src/live-proof/joined.ts
var joined = (first, second) => ({
  ...second,
  tried: first.tried + second.tried,
  answered: first.answered + second.answered,
  leaks: (0, import_index_run_telling.sorted)([...first.leaks, ...second.leaks]),
  refusedOwn: [...first.refusedOwn, ...second.refusedOwn],
  moved: both(first.moved ?? [], second.moved ?? []),
  tenants: Math.max(first.tenants, second.tenants),
  resources: Math.max(first.resources, second.resources),
  sampled: both(first.sampled, second.sampled),
  notTried: both(first.notTried, second.notTried),
  notes: both(first.notes, second.notes)
});
var both = (first, second) => [
  .../* @__PURE__ */ new Set([...first, ...second])
];
var SHOWN4 = 3;
function disproof({ leaks, refusedOwn, moved = [] }) {
  const said5 = [
    ...leaks.map(({ tenant, role, resource, of, why }) => {
      const others = of.length === 0 ? "" : ` (${of.join(", ")})`;
      return `${tenant}/${role} on ${resource}: ${why}${others}`;
    }),
    ...refusedOwn.map(
      ({ tenant, role, resource, why }) => `${tenant}/${role} is refused by ${resource}, which is its own: ${why}`
    ),
    ...moved
  ];
  const more2 = said5.length > SHOWN4 ? `; and ${(0, import_index_run_telling.plural)(said5.length - SHOWN4, "more finding")}` : "";
  return `${said5.slice(0, SHOWN4).join("; ")}${more2}`;
}
// src/apply/promotion.ts
var watchedIn = ({ step: step2, changes }, plan2, refused) => step2 === "apply" ? watchedOf([...changes, ...mintedBut(refused, plan2)]) : null;
var mintedBut = (refused, plan2) => changesOf(plan2, "tokens").filter(({ tenant }) => !refused.has(tenant));
var watchedOf = (changes) => ({
  tenants: new Set(changes.flatMap(({ tenant }) => tenant ?? [])),
  lossy: new Set(
    changes.flatMap(({ key, hazards }) => [
      ...hazards.includes("loses-data") ? [(0, import_index_main_step.nameOf)(key)] : [],
      // Of another schema other rows are rejected, and kept apart from those of before.
      `${(0, import_index_main_step.nameOf)(key)}_quarantine`
    ])
  )
});
async function proveStaged({ writer, prover }, promotion) {
  const { id, liveId, watched } = promotion;
  if (prover === null || watched === null) return;
  const beside = liveId === null ? null : { where: null };
  const proof = await prover.prove({ ...watched, where: id, beside, whole: true });
  if ((0, import_index_run_telling.isProven)(proof)) return;
  const found = `Isolation could not be shown on deployment ${id} before it went live: ${disproof(proof)}.`;
  try {
    await writer.removeDeployment(id);
  } catch (error) {
    if (!(error instanceof import_index_main_step.Stop)) throw error;
    throw new import_index_main_step.Stop(
      "not-proven",
      `${found} What was live stays live. Discarding it failed (\`tb deployment discard\` does it): ${error.message}`
    );
  }
  throw new import_index_main_step.Stop("not-proven", `${found} It was discarded, and what was live stays live.`);
}
async function provePromoted(promoter, promotion) {
  const { prover } = promoter;
  const { id, watched } = promotion;
  if (prover === null || watched === null) return;
  const liveId = promotion.liveId === id ? null : promotion.liveId;
  const beside = liveId === null ? null : { where: liveId };
  const why = await unprovenBecause(prover, { ...watched, where: null, beside, whole: true });
  if (why === null) return;
  const found = `Isolation could not be shown after deployment ${id} had gone live: ${why}.`;
  if (liveId === null)
    throw new import_index_main_step.Stop(
      "not-proven",
      `${found} There is none before it to go back to: it is still live. Correct the templates and run again, or take the tokens away with \`state: suspended\`.`
    );
  await swapBack(promoter, { id, liveId, found });
  throw new import_index_main_step.Stop("not-proven", `${found} Deployment ${liveId} is live again, and ${id} was discarded.`);
}
async function unprovenBecause(prover, round) {
  try {
    const proof = await prover.prove(round);
    return (0, import_index_run_telling.isProven)(proof) ? null : disproof(proof);
  } catch (error) {
    if (!(error instanceof import_index_main_step.Stop)) throw error;
    return error.message.replace(/\.$/, "");
  }
}
async function swapBack({ writer, say }, { id, liveId, found }) {
  say(`Going back to deployment ${liveId}`);
  try {
    await writer.setLive(liveId);
    await writer.removeDeployment(id);
  } catch (error) {
    if (!(error instanceof import_index_main_step.Stop)) throw error;
    throw new import_index_main_step.Stop(
      "not-proven",
      `${found} Going back to deployment ${liveId} failed, so that ${id} may still be live: ${error.message} Promote ${liveId} by hand (\`tb deployment promote\`), or run again.`
    );
  }
}
var LIVE = { where: null, beside: null, tenants: null, lossy: /* @__PURE__ */ new Set(), whole: false };
async function proveLive(prover) {
  if (prover === null) return;
  const proof = await prover.prove(LIVE);
  if ((0, import_index_run_telling.isProven)(proof)) return;
  throw new import_index_main_step.Stop(
    "not-proven",
    `Isolation could not be shown on what an earlier run has left live: ${disproof(proof)}. Access was taken away where the list says so; there is no deployment to go back to. Correct the templates and run again.`
  );
}
async function proveLeftover({ prover }, id, liveId) {
  if (prover === null) return;
  const proof = await prover.prove(LIVE);
  if ((0, import_index_run_telling.isProven)(proof)) return;
  throw new import_index_main_step.Stop(
    "not-proven",
    `Deployment ${liveId} is live, the one before it (${id}) was never retired, and isolation could not be shown: ${disproof(proof)}. Nothing was changed. Promote ${id} to go back to it (\`tb deployment promote\`), or correct the templates and run once without \`verify\`.`
  );
}
async function proveMintable(prover, changes) {
  const fresh = changes.filter((change) => change.action !== "delete" && !(0, import_index_run_telling.isRenewal)(change));
  if (prover === null || fresh.length === 0) return;
  const proof = await prover.prove({ ...watchedOf(fresh), where: null, beside: null, whole: true });
  if ((0, import_index_run_telling.isProven)(proof)) return;
  throw new import_index_main_step.Stop("not-proven", `Isolation could not be shown: ${disproof(proof)}. No new JWT is minted.`);
}
var NO_WAY_BACK = "A Classic workspace has no deployment to go back to: what was applied is live, and no new value was handed out. Correct the templates and run again, or take the tokens away with `state: suspended`.";
async function provenApplied(prover, plan2, applied2) {
  if (applied2.again) return applied2;
  const done = new Set(applied2.outcomes.flatMap(({ key, result }) => result === "applied" ? [key] : []));
  const failed = /* @__PURE__ */ new Set([
    ...applied2.outcomes.flatMap(({ tenant, result }) => result === "applied" ? [] : [tenant]),
    // It ended early.
    ...changesOf(plan2, "apply").flatMap(({ key, tenant }) => done.has(key) ? [] : [tenant])
  ]);
  const changes = changesOf(plan2, "apply").filter(({ tenant }) => !failed.has(tenant));
  const watched = watchedOf([...changes, ...mintedBut(failed, plan2)]);
  const round = { ...watched, others: true, where: null, beside: null, whole: true };
  const why = await unprovenBecause(prover, round);
  if (why === null) return applied2;
  const before = applied2.stop === null ? "" : ` Before that: ${applied2.stop.message}`;
  const stop = new import_index_main_step.Stop("not-proven", `Isolation could not be shown: ${why}. ${NO_WAY_BACK}${before}`);
  const keys = new Set(changes.map(({ key }) => key));
  const outcomes = applied2.outcomes.map(
    ({ key, tenant, action, ...ending }) => keys.has(key) ? { key, tenant, action, result: "failed", error: "applied, but isolation could not be shown" } : { key, tenant, action, ...ending }
  );
  return { ...applied2, outcomes, again: false, stop };
}
// src/apply/land.ts
var DOING = {
  revoke: "Taking access away",
  apply: "Deploying",
  tokens: "Minting tokens",
  remove: "Removing"
};
async function land(deployer, { deployment, files, liveId, watched }) {
  const { writer, say } = deployer;
  const { changes, destructive, step: step2 } = deployment;
  const checked = await writer.deploy(files, { check: true, destructive });
  if (checked.result !== "success") return ended(checked);
  const names2 = driftIn(checked, deployment);
  if (names2.length > 0) return { kind: "drifted", names: names2 };
  const surprise = unexpected(checked, deployment);
  if (surprise !== null) throw new import_index_main_step.Stop("server-refused", surprise);
  say(`${DOING[step2]}: ${(0, import_index_run_telling.plural)(changes.length, "change")}, ${(0, import_index_run_telling.plural)(files.length, "file")}`);
  const staged = await writer.deploy(files, { check: false, destructive });
  if (staged.result !== "success") return ended(staged);
  if (staged.deployment === null) throw new Error("a deployment without an id");
  const { id } = staged.deployment;
  if (unexpected(staged, deployment) !== null) {
    say(`The workspace changed between the check and deployment ${id}: discarding it and planning again`);
    await writer.removeDeployment(id);
    return { kind: "moved" };
  }
  const prepared = await ready(deployer, id);
  if (prepared === "gone") return gone(deployer, id, liveId);
  if (prepared.phase === "failed") {
    await writer.removeDeployment(id);
    const none = [{ file: null, message: `deployment ${id} failed` }];
    return { kind: "refused", errors: prepared.errors.length > 0 ? prepared.errors : none };
  }
  return promote(deployer, { id, liveId, watched });
}
function ended(answer2) {
  if (answer2.result === "no_changes") return { kind: "unchanged" };
  return answer2.inProgress ? { kind: "moved" } : { kind: "refused", errors: answer2.errors };
}
async function ready({ reader: reader2, clock, deadline }, id) {
  const prepared = await (0, import_index_main_step.poll)(clock, deadline, async () => {
    const now = await reader2.deployment(id);
    if (now === null || now.phase === "gone") return "gone";
    return now.phase === "ready" || now.phase === "failed" || now.live ? now : void 0;
  });
  if (prepared !== "timeout") return prepared;
  throw new import_index_main_step.Stop(
    "failed",
    `Deployment ${id} was not ready within \`deploy-timeout\`. It stays staged; the next run continues it. Raise \`deploy-timeout\` if it holds a lot of history to backfill.`
  );
}
async function promote(deployer, promotion) {
  const { reader: reader2, writer, say } = deployer;
  const { id, liveId } = promotion;
  const current = await ready(deployer, id);
  if (current === "gone") return gone(deployer, id, liveId);
  if (current.phase === "failed") {
    await writer.removeDeployment(id);
    return { kind: "moved" };
  }
  if (!current.live) {
    await proveStaged(deployer, promotion);
    const now = await liveNow(reader2);
    if (now !== liveId && now !== id) {
      say(`Deployment ${now} went live meanwhile: discarding ${id} and planning again`);
      await writer.removeDeployment(id);
      return { kind: "moved" };
    }
    if (now !== id && await setLive(deployer, id, liveId) === "moved") return { kind: "moved" };
  }
  say(`Deployment ${id} is live`);
  await provePromoted(deployer, promotion);
  if (liveId !== null && liveId !== id) await retire2(deployer, liveId);
  return { kind: "live", id };
}
async function gone({ reader: reader2 }, id, liveId) {
  if (await liveNow(reader2) !== liveId) return { kind: "moved" };
  throw new import_index_main_step.Stop(
    "failed",
    `Deployment ${id} was deleted by somebody else while it was being prepared. Run again.`
  );
}
var liveNow = async (reader2) => (await reader2.deployments()).find((one2) => one2.live)?.id ?? null;
async function setLive({ reader: reader2, writer }, id, liveId) {
  try {
    await writer.setLive(id);
    return "live";
  } catch (error) {
    const now = await liveNow(reader2);
    if (!(error instanceof import_index_main_step.Stop) || now === liveId) throw error;
    return now === id ? "live" : "moved";
  }
}
async function retire2({ writer, say }, id) {
  try {
    await writer.removeDeployment(id);
  } catch (error) {
    if (!(error instanceof import_index_main_step.Stop)) throw error;
    say(`Deployment ${id} is retired but could not be removed yet: ${error.message}`);
  }
}
// src/apply/moved.ts
var NOT_FOUND = 404;
var mayBeOutdated = (error) => error instanceof import_index_main_step.ApiError ? error.status === NOT_FOUND : error instanceof import_index_main_step.Stop && error.stop === "server-refused";
async function hasMoved(reader2, { live }) {
  const now = await readLists(reader2);
  return textOf2(live.resources, resourceText) !== textOf2(now.resources, resourceText) || textOf2(live.tokens, tokenText) !== textOf2(now.tokens, tokenText);
}
var textOf2 = (all, text) => all.map(text).sort().join("\n");
var resourceText = ({ id, datafile }) => JSON.stringify([id, { ...datafile, grants: [] }]);
var tokenText = ({ id, scopes }) => JSON.stringify([id, scopes]);
// src/apply/slot.ts
async function takeSlot(deployer, { expected, roles }) {
  const { liveId, staged, unproven } = await sweep(deployer);
  if (staged === null) return { kind: "free", liveId, unproven };
  if (matches(staged, expected()) || isRotation(staged, roles()))
    return { kind: "ours", deployment: staged, liveId };
  deployer.say(`Deployment ${staged.id} of somebody else is in progress (${staged.status}): waiting for it`);
  const { id } = staged;
  const gone2 = await (0, import_index_main_step.poll)(deployer.clock, deployer.deadline, async () => {
    const all = await deployer.reader.deployments();
    return all.some((one2) => one2.id === id && !one2.live && one2.phase !== "gone") ? void 0 : true;
  });
  if (gone2 === "timeout") throw inProgress(staged);
  return { kind: "moved" };
}
async function sweep(deployer) {
  const { reader: reader2, writer, say } = deployer;
  const all = await reader2.deployments();
  const liveId = all.find((one2) => one2.live)?.id ?? null;
  let staged = null;
  let unproven = false;
  for (const one2 of all) {
    if (one2.live || one2.phase === "gone") continue;
    if (one2.phase === "failed" || liveId !== null && BigInt(one2.id) < BigInt(liveId)) {
      if (one2.phase !== "failed" && liveId !== null) {
        await proveLeftover(deployer, one2.id, liveId);
        unproven ||= deployer.prover === null;
      }
      say(`Removing deployment ${one2.id}, a leftover (${one2.phase === "failed" ? "failed" : "retired"})`);
      await writer.removeDeployment(one2.id);
    } else {
      staged = await reader2.deployment(one2.id);
    }
  }
  return { liveId, staged, unproven };
}
function matches({ names: names2, tokenChanges }, expected) {
  if (names2 === null) return false;
  const lists = [createdOf(names2), changedOf(names2), deletedOf(names2), tokenChanges.map(({ name }) => name)];
  const [created = [], changed2 = [], deleted = [], tokens = []] = lists;
  return lists.some((list2) => list2.length > 0) && equal(created, expected.created) && equal(deleted, expected.deleted) && new Set(changed2).isSubsetOf(expected.changed) && new Set(tokens).isSubsetOf(expected.tokens);
}
function isRotation({ names: names2, tokenChanges }, roles) {
  if (names2 === null || createdOf(names2).length + deletedOf(names2).length > 0) return false;
  const carriers2 = new Set(
    tokenChanges.flatMap(({ added, removed }) => [...added, ...removed].map(({ resource }) => resource))
  );
  return tokenChanges.some(({ name, added }) => isSlot(name) && added.length > 0) && tokenChanges.every(({ name }) => roles.has(firstOf(name))) && new Set(changedOf(names2)).isSubsetOf(carriers2);
}
var equal = (names2, expected) => new Set(names2).symmetricDifference(expected).size === 0;
var inProgress = ({ id, status }) => new import_index_main_step.Stop(
  "deployment-in-progress",
  `Deployment ${id} is in progress in this workspace (${status}) and is not ours: it was still there after \`deploy-timeout\`. Nothing was deployed. Either finish it (\`tb deployment promote\`) or discard it (\`tb deployment discard\`), then run again; a run changes nothing twice.`
);
// src/apply/forward.ts
async function applyForward(world, deployer, texts) {
  const started = { refused: /* @__PURE__ */ new Set(), outcomes: [], notes: /* @__PURE__ */ new Set(), deploymentId: null };
  const run2 = { world, deployer, texts, ...started };
  const ended3 = (again, stop) => {
    return { outcomes: run2.outcomes, deploymentId: run2.deploymentId, again, stop, notes: [...run2.notes] };
  };
  try {
    return ended3(await takeSteps2(run2) === "moved", null);
  } catch (error) {
    if (!(error instanceof import_index_main_step.Stop)) throw error;
    return ended3(false, error);
  }
}
var NOTHING = /* @__PURE__ */ new Set();
async function takeSteps2(run2) {
  const { world, deployer, refused } = run2;
  const steps = deployedSteps(world.plan);
  if (steps.length === 0 && await continueRotation(run2)) return "moved";
  for (const step2 of steps) {
    if (step2 === "remove" && run2.outcomes.some(({ result }) => result === "failed")) {
      settle2(run2, changesOf(world.plan, step2), {
        result: "skipped",
        because: "nothing is deleted after a failure in the same run"
      });
      continue;
    }
    const expected = () => deploymentOf(world, step2, { refused, drifted: NOTHING }).expected;
    const taker = step2 === "revoke" ? { ...deployer, prover: null } : deployer;
    const slot = await takeSlot(taker, { expected, roles: () => rolesOf(world) });
    if (slot.kind === "moved") return "moved";
    if (slot.kind === "ours") {
      await finish2(run2, {
        ...slot,
        watched: watchedIn({ step: step2, changes: changesOf(world.plan, step2) }, world.plan, refused)
      });
      return "moved";
    }
    if (run2.deploymentId !== null && run2.deploymentId !== slot.liveId) return "moved";
    if (await tryStep(run2, step2, slot.liveId) === "moved") return "moved";
    if (slot.unproven) await proveLive(deployer.prover);
  }
  if (!steps.includes("apply")) await proveMintable(deployer.prover, changesOf(world.plan, "tokens"));
  return "done";
}
async function finish2(run2, { deployment: { id }, liveId, watched }) {
  run2.deployer.say(`Continuing deployment ${id}, left by an earlier run`);
  const landing = await promote(run2.deployer, { id, liveId, watched });
  if (landing.kind === "live") run2.deploymentId = landing.id;
}
async function continueRotation(run2) {
  const { liveId, staged } = await sweep(run2.deployer);
  if (staged === null || !isRotation(staged, rolesOf(run2.world))) return false;
  const watched = { tenants: null, lossy: NOTHING };
  await finish2(run2, { deployment: staged, liveId, watched });
  return true;
}
var rolesOf = ({ desired }) => new Set(
  desired.flatMap(
    ({ resource, tenant }) => resource.kind === "token" && tenant !== null ? [firstOf(resource.name)] : []
  )
);
async function tryStep(run2, step2, liveId) {
  try {
    return await deployStep(run2, step2, liveId);
  } catch (error) {
    if (mayBeOutdated(error) && await hasMoved(run2.deployer.reader, run2.world)) return "moved";
    throw error;
  }
}
async function deployStep(run2, step2, liveId) {
  const { world, deployer, refused } = run2;
  const drifted = /* @__PURE__ */ new Set();
  for (; ; ) {
    const deployment = deploymentOf(world, step2, { refused, drifted });
    const { changes } = deployment;
    if (changes.length === 0) return "done";
    const files = await run2.texts.files(deployment.uploads);
    const watched = watchedIn(deployment, world.plan, refused);
    const landing = await land(deployer, { deployment, files, liveId, watched });
    switch (landing.kind) {
      case "live":
        run2.deploymentId = landing.id;
        settle2(run2, changes, { result: "applied" });
        return "done";
      case "unchanged":
        if (changes.every(({ drift }) => drift)) run2.notes.add(noDifference(changes));
        settle2(run2, changes, { result: "applied" });
        return "done";
      case "moved":
        return "moved";
      case "drifted":
        for (const name of landing.names) drifted.add(name);
        run2.notes.add(leftAlone(landing.names));
        break;
      case "refused":
        if (putBack(run2, deployment, landing.errors)) break;
        if (await hasMoved(deployer.reader, world)) return "moved";
        settle2(run2, changes, { result: "failed", error: blame(deployment, landing.errors).rest });
        return "done";
      default:
        (0, import_index_main_step.assertNever)(landing);
    }
  }
}
var leftAlone = (names2) => `changed in the workspace by somebody else, where its lists do not show it, and left like that: ${names2.join(", ")}. The next change to a template brings its files back; \`tinybird-tenants render\` shows what they should be`;
var noDifference = (changes) => `the workspace writes ${changes.map(({ key }) => key).join(", ")} in another way than the repository, and sees no difference: nothing was deployed`;
function putBack(run2, deployment, errors) {
  const { tenants } = blame(deployment, errors);
  for (const [tenant, error] of tenants) {
    const left2 = run2.world.plan.liveTenants.includes(tenant) ? "stays as it is" : "is left out";
    run2.deployer.say(`Tenant ${tenant} was refused and ${left2}: ${error}`);
    run2.refused.add(tenant);
    const own = deployment.changes.filter((change) => change.tenant === tenant);
    settle2(run2, own, { result: "failed", error });
  }
  return tenants.size > 0;
}
function settle2(run2, changes, ending) {
  for (const { key, tenant, action } of changes) run2.outcomes.push({ key, tenant, action, ...ending });
}
// src/apply/upload.ts
function liveTexts(reader2, project) {
  const known2 = /* @__PURE__ */ new Map();
  const textOf6 = async (resource) => {
    const text = known2.get(resource.key) ?? await reader2.datafileText(resource.datafile.kind, resource.name);
    known2.set(resource.key, text);
    return text;
  };
  return {
    files: async (uploads2) => {
      const stop = unfaithfulIn(uploads2);
      if (stop !== null) throw stop;
      await refuseConnections(reader2, project);
      const files = await Promise.all(uploads2.map((upload) => fileOf2(upload, textOf6)));
      return [...files, ...project.connections];
    }
  };
}
async function fileOf2(upload, textOf6) {
  if (upload.kind === "text") return upload;
  const { resource, without: without3 } = upload;
  const name = `${resource.name}.${resource.datafile.kind}`;
  const text = await textOf6(resource);
  if (without3.size === 0) return { name, text };
  const parsed = (0, import_index_main_step.parseDatafile)(name, text);
  if (!parsed.ok) {
    throw new import_index_main_step.Stop(
      "unfaithful",
      `The workspace's own text of ${name} cannot be parsed, so its token lines cannot be taken away: ${parsed.problems[0]?.message ?? ""}. Nothing was sent.`
    );
  }
  const grants = parsed.value.grants.filter((grant) => !without3.has((0, import_index_run_telling.lineOf)(grant)));
  return { name, text: (0, import_index_main_step.printDatafile)({ ...parsed.value, grants }) };
}
function uncarried(world) {
  const [step2] = deployedSteps(world.plan);
  if (step2 === void 0 || !world.live.resources.some(isUnfaithful)) return null;
  const { uploads: uploads2 } = deploymentOf(world, step2, { refused: /* @__PURE__ */ new Set(), drifted: /* @__PURE__ */ new Set() });
  return unfaithfulIn(uploads2);
}
var isUnfaithful = ({ unfaithful }) => unfaithful !== null;
function unfaithfulIn(uploads2) {
  const unfaithful = uploads2.flatMap(
    (upload) => upload.kind === "live" && isUnfaithful(upload.resource) ? [upload.resource] : []
  );
  if (unfaithful.length === 0) return null;
  const lines = unfaithful.map(({ key, unfaithful: why }) => `  ${key}: ${why}`);
  return new import_index_main_step.Stop(
    "unfaithful",
    `A deployment uploads the whole workspace, and these cannot be read back from it as they are:
${lines.join("\n")}
Nothing was sent. Add their datafiles (and connections) to the folder given by \`project\`.`
  );
}
async function refuseConnections(reader2, project) {
  const carried = new Set(project.connections.map(({ name }) => name.replace(/\.connection$/, "")));
  const missing = (await reader2.connectors()).filter((name) => !carried.has(name));
  if (missing.length === 0) return;
  throw new import_index_main_step.Stop(
    "unfaithful",
    `The workspace has ${missing.length === 1 ? "a connection" : "connections"} that cannot be read back: ${missing.sort().join(", ")}. A deployment without ${missing.length === 1 ? "it" : "them"} would delete ${missing.length === 1 ? "it" : "them"}. Nothing was sent. Add \`${missing[0]}.connection\` to the folder given by \`project\`.`
  );
}
// src/apply/apply.ts
var ROUNDS = 200;
async function carryOut(asked, first, options) {
  const deadline = options.clock.now() + options.timeout;
  const outcomes = [];
  const notes = /* @__PURE__ */ new Set();
  let situation = first;
  let plan2 = first.plan;
  let deploymentId = null;
  const carried = (stop) => {
    return {
      plan: plan2,
      outcomes: complete({ plan: plan2, last: situation.plan, outcomes, stop }),
      deploymentId,
      situation,
      stop,
      notes: [...notes]
    };
  };
  try {
    for (let round = 0; round === 0 || round < ROUNDS && options.clock.now() < deadline; round += 1) {
      const applied2 = await applyOnce(asked, situation, { ...options, deadline });
      for (const outcome of applied2.outcomes) outcomes.push(outcome);
      for (const note of applied2.notes) notes.add(note);
      deploymentId = applied2.deploymentId ?? deploymentId;
      if (!applied2.again) return carried(applied2.stop);
      situation = await lookAt(asked);
      if (outcomes.length === 0 && deploymentId === null) plan2 = situation.plan;
      const begun = plan2 !== situation.plan;
      const policy = begun ? { ...options.policy, planChecksum: null } : options.policy;
      const refusal2 = (asked.tokensOnly ? null : refusalOf(asked, situation, policy)) ?? (begun ? more(plan2, situation.plan) : options.objection(situation.plan));
      if (refusal2 !== null) return carried(refusal2);
    }
    return carried(
      new import_index_main_step.Stop(
        "failed",
        "Other deployments went live again and again while this run was applying, until `deploy-timeout` was over. What was done stays done: run again, and serialise the runs with a concurrency group or raise `deploy-timeout`."
      )
    );
  } catch (error) {
    if (error instanceof import_index_main_step.Stop) return carried(error);
    throw error;
  }
}
async function applyOnce({ connection, sources, only }, situation, { clock, timeout, deadline, prover, say }) {
  const { reader: reader2, writer, settle: settle4, concurrency } = connection;
  switch (writer.generation) {
    case "forward": {
      const texts = liveTexts(reader2, sources.project);
      return applyForward(situation, { reader: reader2, writer, clock, deadline, prover, say }, texts);
    }
    case "classic": {
      const driver = { reader: reader2, writer, clock, timeout, settle: settle4, concurrency, say };
      const applied2 = await applyClassic(situation, { ...driver, fleet: sources.fleet, only });
      return prover === null ? applied2 : provenApplied(prover, situation.plan, applied2);
    }
  }
}
function refusalOf(asked, situation, policy) {
  const stop = guard(situation, asked.sources.fleet, { ...policy, now: asked.now });
  return stop === null || stop.stop === "loses-data" ? unable(asked, situation) ?? stop : stop;
}
function unable({ connection }, situation) {
  if (connection.workspace.generation === "forward") return uncarried(situation);
  const { refusals, questions } = situation.builds;
  if (refusals.length > 0) {
    return new import_index_main_step.Stop(
      "loses-data",
      `On a Classic workspace this cannot be changed as it is:
${some(refusals)}
Nothing was sent.`
    );
  }
  if (questions.length === 0) return null;
  return new import_index_main_step.Stop(
    "backfill",
    `The history of new views cannot be filled in exactly while rows come in:
${some(questions)}
Nothing was sent. Write \`backfill: approximate\` (rows of some seconds may be missing or double) or \`backfill: none\` (only new rows) in set.yaml, or add the column.`
  );
}
function historyNotes({ builds }) {
  const views = [...new Set(builds.byKey.values())];
  const count2 = (kind) => views.filter(({ filling }) => filling.kind === kind).length;
  const told4 = (n, what) => n === 0 ? [] : [`${(0, import_index_run_telling.plural)(n, "new view")} ${what}`];
  return [
    ...told4(
      count2("approximate"),
      "get their history approximately: rows of some seconds may be missing or double"
    ),
    ...told4(count2("none"), "start without history: only what comes in from now on")
  ];
}
var some = (lines) => [...lines.slice(0, SHOWN5), ...lines.length > SHOWN5 ? [`  \u2026 and ${lines.length - SHOWN5} more`] : []].join(
  "\n"
);
function more(planned, now) {
  const sort = ({ action, key }) => `${action === "delete" ? "-" : "+"}${key}`;
  const known2 = new Set(changesOf2(planned).map(sort));
  const extra = changesOf2(now).filter((change) => !(0, import_index_run_telling.isRenewal)(change) && !known2.has(sort(change)));
  if (extra.length === 0) return null;
  const shown2 = extra.slice(0, SHOWN5).map(({ action, key }) => `${action} ${key}`);
  return new import_index_main_step.Stop(
    "plan-changed",
    `The workspace changed while this run was applying, so that more would change now than was planned: ${shown2.join(", ")}${extra.length > SHOWN5 ? ", \u2026" : ""}. What was done stays done; run again for the rest.`
  );
}
var SHOWN5 = 10;
function complete(at) {
  const settled4 = new Map(at.outcomes.map((outcome) => [outcome.key, outcome]));
  const open = new Set(changesOf2(at.last).map(({ key }) => key));
  return changesOf2(at.plan).map(({ key, tenant, action }) => {
    const outcome = settled4.get(key);
    if (outcome !== void 0) return outcome;
    if (!open.has(key)) return { key, tenant, action, result: "applied" };
    const why = at.stop === null ? "its tenant was refused before" : (0, import_index_run_telling.because)(at.stop);
    return { key, tenant, action, result: "skipped", because: why };
  });
}
var changesOf2 = (plan2) => plan2.steps.flatMap(({ name, changes }) => name === "tokens" ? [] : changes);
// src/follow.ts
async function follow(review, work) {
  const { reviewed } = review;
  if (reviewed === null) return work();
  const { fleet, workspace } = reviewed;
  if (reviewed.isDue)
    await tell(reviewed, "applying", () => [(0, import_index_run_telling.applying)({ fleet, workspace }, linksOf(reviewed))]);
  let report;
  try {
    report = await work();
  } catch (error) {
    await tell(reviewed, "failed", () => [(0, import_index_run_telling.stopSummary)(error, reviewed.redact)]);
    throw error;
  }
  return ended2(review, report);
}
async function ended2({ reviewed }, report) {
  if (reviewed === null || !reviewed.isDue && reviewed.found.marker.phase === "applied") return report;
  const told4 = await tell(
    reviewed,
    (0, import_index_run_telling.hasFailed)(report) ? "failed" : "applied",
    (limit) => (0, import_index_run_telling.rungs)((0, import_index_run_telling.shownReport)(report, reviewed.redact), linksOf(reviewed), limit)
  );
  if (told4.kind !== "skipped") return report;
  const note = `the comment on #${reviewed.number} does not say what became of the plan: ${told4.sentence}`;
  return { ...report, notes: [...report.notes, note] };
}
function tell({ client, number, found, redact }, phase, texts) {
  const marker = { ...found.marker, phase };
  const room = import_index_run_telling.COMMENT_LIMIT - (0, import_index_run_telling.writeMarker)(marker).length - 1;
  return (0, import_index_run_telling.rewriteComment)(client, found, { number, marker, rungs: texts(room).map(redact) });
}
var linksOf = ({ context }) => ({ run: context.runUrl, base: null, head: context.sha });
// src/github/head.ts
async function checkHead(client, { ref, sha }) {
  if (!ref.startsWith("refs/heads/")) return { kind: "head" };
  const { owner, repo } = client;
  const asked = { what: `read the head of ${ref}`, permission: "Contents: read" };
  const answer2 = await client.ask(
    asked,
    ({ rest }) => rest.git.getRef({ owner, repo, ref: ref.replace(/^refs\//, "") })
  );
  if (!answer2.ok) {
    return answer2.failure.status === 404 ? { kind: "superseded", head: null } : { kind: "unknown", reason: answer2.failure.sentence };
  }
  const head = answer2.value.data.object.sha;
  return head === sha ? { kind: "head" } : { kind: "superseded", head };
}
// src/head.ts
async function refuseSuperseded(inputs, context) {
  if (context === null) return null;
  const client = await (0, import_index_run_telling.openClient)(inputs, context, "github-token") ?? await (0, import_index_run_telling.openClient)(inputs, context, "secrets-token");
  if (client === null) return null;
  const head = await checkHead(client, context);
  switch (head.kind) {
    case "head":
      return null;
    case "superseded":
      return new import_index_main_step.Stop(
        "superseded",
        `${context.sha.slice(0, 7)} is no longer the head of ${context.ref}${head.head === null ? "" : ` (${head.head.slice(0, 7)} is)`}. Nothing was sent: applying an older list would undo a newer one. The run of the newer commit does the work.`
      );
    case "unknown":
      return new import_index_main_step.Stop(
        "request-failed",
        `It cannot be told whether ${context.sha.slice(0, 7)} is still the head of ${context.ref}: ${head.reason}. Nothing was sent.`
      );
  }
}
// src/lint/finding.ts
var Findings = class {
  #found = /* @__PURE__ */ new Map();
  add(found, ways) {
    const key = `${found.file}:${found.line}:${found.column}:${found.rule}:${found.message}`;
    const known2 = this.#found.get(key) ?? { found, ways: /* @__PURE__ */ new Set() };
    this.#found.set(key, known2);
    for (const way of ways) known2.ways.add(way);
  }
  /** By file and line. */
  all() {
    const findings = [...this.#found.values()].map(({ found, ways }) => {
      const [first] = ways;
      const tenants = [...ways].reduce((sum, way) => sum + way.tenants, 0);
      return { ...found, tenants, example: first?.tenant.id ?? null };
    });
    return findings.sort(
      (a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.message, b.message)
    );
  }
};
var compare = (a, b) => a < b ? -1 : a > b ? 1 : 0;
// src/lint/sql/brackets.ts
var Unreadable = class extends Error {
  at;
  constructor(at, message) {
    super(message);
    this.at = at;
  }
};
var HOLE2 = "@";
var isHole = (lexeme) => lexeme?.kind === "odd" && lexeme.text === HOLE2;
var isName = (lexeme) => lexeme?.kind === "word" || lexeme?.kind === "name";
var wordOf2 = (lexeme) => lexeme?.kind === "word" ? lexeme.text.toUpperCase() : "";
var symbolOf2 = (lexeme) => lexeme?.kind === "symbol" || lexeme?.kind === "odd" && /[{}]/.test(lexeme.text) ? lexeme.text : "";
var CLOSES = { "(": ")", "[": "]", "{": "}" };
var CLOSERS = new Set(Object.values(CLOSES));
function outside(sql) {
  const open = [];
  const found = [...sql.keys()].filter((at) => {
    const lexeme = sql[at];
    const symbol = symbolOf2(lexeme);
    const isOutside = open.length === 0;
    if (CLOSES[symbol] !== void 0) open.push(CLOSES[symbol]);
    else if (isCase(sql, at)) open.push("END");
    else if (wordOf2(lexeme) === "END" && open.at(-1) === "END") open.pop();
    else if (CLOSERS.has(symbol)) close(open, lexeme, symbol);
    return isOutside;
  });
  if (open.some((closer) => closer !== "END")) throw new Unreadable(sql[0]?.at ?? 0, "a bracket stays open");
  return found;
}
var isCase = (sql, at) => wordOf2(sql[at]) === "CASE" && sql[at + 1] !== void 0 && !/^[,)=.]$/.test(symbolOf2(sql[at + 1]));
function close(open, lexeme, symbol) {
  while (open.at(-1) === "END") open.pop();
  if (open.pop() !== symbol) throw new Unreadable(lexeme?.at ?? 0, "its brackets do not match");
}
function split(sql, isSeparator) {
  const cuts = outside(sql).filter((at) => isSeparator(sql[at]));
  return [...cuts, sql.length].map((cut, nth) => sql.slice(nth === 0 ? 0 : (cuts[nth - 1] ?? 0) + 1, cut));
}
var byCommas = (sql) => split(sql, (lexeme) => symbolOf2(lexeme) === ",");
function bracket(sql, at) {
  let depth = 0;
  for (let next = at; next < sql.length; next++) {
    const symbol = symbolOf2(sql[next]);
    if (CLOSES[symbol] !== void 0) depth += 1;
    else if (CLOSERS.has(symbol)) depth -= 1;
    if (depth === 0) return { inner: sql.slice(at + 1, next), next: next + 1 };
  }
  throw new Unreadable(sql[at]?.at ?? 0, "a bracket stays open");
}
function unwrapped(sql) {
  if (symbolOf2(sql[0]) !== "(" || symbolOf2(sql.at(-1)) !== ")") return null;
  const { inner, next } = bracket(sql, 0);
  return next === sql.length ? inner : null;
}
function isQuery(sql) {
  const first = sql.find((lexeme) => symbolOf2(lexeme) !== "(");
  if (/^(?:SELECT|WITH)$/.test(wordOf2(first))) return true;
  return wordOf2(sql[0]) === "FROM" && (isName(sql[1]) || symbolOf2(sql[1]) === "(");
}
// src/lint/switches.ts
var ALWAYS = { atoms: [], isOn: () => true };
var textOf3 = (sql) => sql.map(({ text }) => text).join(" ");
var isWord = (word) => (lexeme) => lexeme?.kind === "word" && lexeme.text === word;
var readSwitch = (condition) => switchOf((0, import_index_run_telling.lexemes)(condition));
function switchOf(condition) {
  for (const word of ["or", "and"]) {
    const parts = split(condition, isWord(word));
    if (parts.length === 1) continue;
    const switches = parts.map(switchOf);
    const atoms = switches.flatMap((part) => part.atoms);
    return word === "or" ? { atoms, isOn: (answers) => switches.some((part) => part.isOn(answers)) } : { atoms, isOn: (answers) => switches.every((part) => part.isOn(answers)) };
  }
  if (isWord("not")(condition[0])) {
    const { atoms, isOn } = switchOf(condition.slice(1));
    return { atoms, isOn: (answers) => !isOn(answers) };
  }
  const inner = unwrapped(condition);
  if (inner !== null) return switchOf(inner);
  const atom = definedOf(condition) ?? textOf3(condition);
  return { atoms: [atom], isOn: (answers) => answers(atom) };
}
function definedOf(condition) {
  if (!isWord("defined")(condition[0]) || symbolOf2(condition[1]) !== "(") return null;
  const { inner, next } = bracket(condition, 1);
  const [parameter] = byCommas(inner)[0] ?? [];
  return next === condition.length && parameter !== void 0 ? `defined(${parameter.value ?? parameter.text})` : null;
}
var FEW = 5;
function answersTo(atoms) {
  const all = [...new Set(atoms)];
  if (all.length <= FEW) {
    return Array.from(
      { length: 2 ** all.length },
      (_, bits) => (atom) => (bits >> all.indexOf(atom) & 1) === 1
    );
  }
  return [
    () => false,
    () => true,
    ...all.flatMap((one2) => [(atom) => atom === one2, (atom) => atom !== one2])
  ];
}
var isCall = (expression) => outside(expression).length === 2;
// src/lint/templating.ts
var TAG = /\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}|\{#[\s\S]*?#\}/g;
function readTemplated(sql) {
  const reading2 = new Reading();
  if (!/^\s*%/.test(sql)) return { ...reading2.found, text: sql, broken: null };
  try {
    const text = sql.replace(/%/, " ").replace(TAG, (tag, at) => reading2.tag(tag, at));
    reading2.end();
    return { ...reading2.found, text, broken: null };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { ...reading2.found, text: "", broken: error };
  }
}
var Reading = class {
  #holes = /* @__PURE__ */ new Map();
  #branches = [];
  #atoms = [];
  #sets = /* @__PURE__ */ new Map();
  #open = [];
  #branch = null;
  tag(tag, at) {
    const body = tag.slice(2, -2).trim();
    if (tag.startsWith("{{")) {
      this.#holes.set(at, holeOf(body, { at, end: at + tag.length }, this.#sets));
      return HOLE2.padEnd(tag.length);
    }
    if (tag.startsWith("{%"))
      this.#statement(body.replace(/^-|-$/g, "").trim(), { at, end: at + tag.length });
    return " ".repeat(tag.length);
  }
  get found() {
    return { holes: this.#holes, branches: this.#branches, atoms: this.#atoms };
  }
  end() {
    const [open] = this.#open;
    if (open !== void 0) throw new Unreadable(open.at, "its {% \u2026 %} has no {% end %}");
  }
  #statement(body, place) {
    const [, word = "", rest = ""] = /^(\w+)\s*([\s\S]*)$/.exec(body) ?? [];
    switch (word) {
      case "if":
      case "while":
      case "for":
      case "try":
        this.#open.push({ at: place.at, before: [], outer: this.#branch });
        this.#enter(place, word === "try" ? ALWAYS : readSwitch(word === "for" ? `"${body}"` : rest));
        return;
      case "elif":
        this.#enter(place, readSwitch(rest));
        return;
      case "else":
      case "except":
      case "finally":
        this.#enter(place, ALWAYS);
        return;
      case "end":
        this.#leave(place);
        this.#branch = this.#open.pop()?.outer ?? null;
        return;
      case "set":
        this.#set(rest);
    }
  }
  #enter(place, own) {
    const open = this.#open.at(-1);
    if (open === void 0) throw new Unreadable(place.at, "its {% \u2026 %} has no {% if %}");
    if (open.before.length > 0) this.#leave(place);
    const before = [...open.before];
    const { outer } = open;
    open.before.push(own);
    this.#atoms.push(...own.atoms);
    this.#branch = {
      at: place.at,
      from: place.end,
      to: place.end,
      isOn: (answers) => (outer?.isOn(answers) ?? true) && own.isOn(answers) && !before.some((one2) => one2.isOn(answers))
    };
    this.#branches.push(this.#branch);
  }
  #leave({ at }) {
    if (this.#branch === null) throw new Unreadable(at, "its {% end %} has no {% if %}");
    this.#branch.to = at;
  }
  #set(assignment) {
    const cut = assignment.indexOf("=");
    if (cut > 0) this.#sets.set(assignment.slice(0, cut).trim(), assignment.slice(cut + 1));
  }
};
var VALUES = /^(?:String|Boolean|bool|DateTime64|DateTime|Date|Float\d+|Int|Integer|U?Int\d+|UUID|Array|split_to_array)$/;
var FAILS = /^(?:error|custom_error)$/;
function holeOf(body, place, sets) {
  const expression = (0, import_index_run_telling.lexemes)(sets.get(body) ?? body);
  const words = new Set(expression.filter(({ kind }) => kind === "word").map(({ text }) => text));
  const [callee] = expression;
  const argument = isCall(expression) && symbolOf2(expression[1]) === "(" ? argumentOf(expression) : null;
  const isValue2 = argument !== null && VALUES.test(callee?.text ?? "");
  return {
    ...place,
    parameter: isValue2 ? argument.value ?? argument.text : null,
    named: argument?.value ?? null,
    words,
    fails: FAILS.test(callee?.text ?? "")
  };
}
function argumentOf(call) {
  const [first, ...more2] = byCommas(bracket(call, 1).inner)[0] ?? [];
  const isOne = more2.length === 0 && (first?.kind === "word" || first?.kind === "text");
  return isOne && first !== void 0 ? first : null;
}
function withAnswers({ text, branches, broken }, answers) {
  if (broken !== null) throw broken;
  let sql = text;
  for (const { from, to, isOn } of branches) {
    if (!isOn(answers)) sql = sql.slice(0, from) + " ".repeat(to - from) + sql.slice(to);
  }
  return sql;
}
function sqlLexemes(sql) {
  const all = (0, import_index_run_telling.lexemes)(sql).filter(({ kind }) => kind !== "comment");
  for (const [nth, { kind, text, at, end }] of all.entries()) {
    const next = all[nth + 1];
    if (kind === "odd" && /['"`$\\]/.test(text)) throw new Unreadable(at, "a quote stays open in it");
    if (text === "/" && next?.at === end && /^[/*]$/.test(next.text))
      throw new Unreadable(at, "it has a comment inside of a comment, or // for one");
  }
  return all;
}
// src/lint/evidence.ts
var Evidence = class {
  #columns = { id: /* @__PURE__ */ new Set(), unique: /* @__PURE__ */ new Set() };
  /** Of a row filter. */
  filter(sql, compared) {
    this.#scan((0, import_index_run_telling.lexemes)(sql), /* @__PURE__ */ new Map(), compared);
  }
  node({ text, holes }, compared) {
    try {
      this.#scan(sqlLexemes(text), holes, compared);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
    }
  }
  /** Of a table with such columns; an id counts more than a variable, and the head of the sorting key more than all. */
  tenantColumns(columns, sortingKey2) {
    const all = [...columns];
    for (const strength of ["id", "unique"]) {
      const found = all.filter((name) => this.#columns[strength].has(name));
      const [head = ""] = sortingKey2;
      if (found.includes(head)) return /* @__PURE__ */ new Set([head]);
      if (found.length > 0) return new Set(found);
    }
    return /* @__PURE__ */ new Set();
  }
  /** Every one that is known. */
  get names() {
    return this.#columns.id.size > 0 ? this.#columns.id : this.#columns.unique;
  }
  #scan(sql, holes, compared) {
    const strengthAt = (at) => {
      const lexeme = sql[at];
      if (lexeme?.kind === "text") return compared.text(lexeme.value ?? "");
      if (lexeme?.kind === "number") return compared.text(lexeme.text);
      if (!isHole(lexeme)) return null;
      const parameter = holes.get(lexeme?.at ?? -1)?.parameter ?? null;
      return parameter === null ? null : compared.parameter(parameter);
    };
    for (const [at, lexeme] of sql.entries()) {
      const isIn2 = wordOf2(lexeme) === "IN";
      if (!/^==?$/.test(symbolOf2(lexeme)) && !isIn2) continue;
      const behind = [at + 1, at + 2, at + 3].find(
        (next) => strengthAt(next) !== null && isOpened(sql, at, next)
      );
      this.#note(sql[at - 1], behind === void 0 ? null : strengthAt(behind), isIn2);
      const after2 = symbolOf2(sql[at + 2]) === "." ? sql[at + 3] : sql[at + 1];
      this.#note(after2, strengthAt(at - 1), isIn2);
    }
  }
  /** A list of values that only one tenant has is no sign: it may be all that it may see. */
  #note(column, strength, isIn2) {
    if (strength === null || !isName(column) || isIn2 && strength === "unique") return;
    this.#columns[strength].add(column.text);
  }
};
var isOpened = (sql, at, value) => sql.slice(at + 1, value).every((lexeme) => symbolOf2(lexeme) === "(" || isName(lexeme));
// src/lint/files.ts
function readFile(path, name, traced) {
  const parsed = (0, import_index_main_step.parseDatafile)(name, traced.text);
  if (!parsed.ok) return null;
  const datafile = parsed.value;
  const source = new import_index_main_step.Source(path, traced.text);
  const all = (0, import_index_main_step.statements)(source, datafile.kind);
  const at = (offset) => ({ file: path, ...traced.place(offset) });
  const nodes = datafile.kind === "pipe" ? datafile.nodes.filter(({ sql }) => sql !== "") : [];
  const blocks = all.filter(({ command }) => command === "SQL");
  const file = {
    datafile,
    sqls: nodes.flatMap((node, nth) => {
      const block = blocks[nth];
      if (block === void 0) return [];
      const { start, end } = block;
      return [
        {
          get file() {
            return file;
          },
          node,
          text: source.text.slice(start, end),
          at: (offset) => at(start + offset)
        }
      ];
    }),
    place: (command) => at(all.find((one2) => one2.command === command)?.at ?? 0)
  };
  return file;
}
function projectFile({ path, datafile, text }) {
  const source = new import_index_main_step.Source(path, text);
  const place = (offset) => {
    const before = source.text.slice(0, offset);
    return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
  };
  return readFile(path, `${datafile.name}.${datafile.kind}`, { text: source.text, place });
}
// src/lint/traced.ts
function trace(template, scope) {
  const origins = [];
  let whole2 = "";
  let offset = 0;
  const add = (part, at, isValue2) => {
    origins.push({ offset, at, isValue: isValue2 });
    whole2 += part;
    offset += part.length - (part.endsWith(import_index_main_step.DROPPED) ? 1 : 0);
  };
  (0, import_index_main_step.walk)(template, scope, {
    text: ({ text: text2, at }) => {
      let start = at;
      for (const part of text2.split(BEHIND_DROPPED)) {
        add(part, start, false);
        start = after(start, part);
      }
    },
    value: ({ at }, written) => add(written, at, true),
    way: () => {
    }
  });
  const text = (0, import_index_main_step.finished)(whole2);
  const place = (wanted) => {
    const origin = origins.findLast((one2) => one2.offset <= wanted);
    if (origin === void 0) return { line: 1, column: 1 };
    return origin.isValue ? origin.at : after(origin.at, text.slice(origin.offset, wanted));
  };
  return { text, place };
}
var BEHIND_DROPPED = new RegExp(`(?<=${import_index_main_step.DROPPED})`);
function after({ line, column }, text) {
  const breaks = text.split("\n").length - 1;
  return breaks === 0 ? { line, column: column + text.length } : { line: line + breaks, column: text.length - text.lastIndexOf("\n") };
}
// src/lint/ways.ts
var MOST2 = 64;
function waysOf(fleet, sets, known2) {
  const ways = [];
  const left2 = /* @__PURE__ */ new Map();
  for (const [name, members] of Map.groupBy(fleet.tenants, (tenant) => tenant.set)) {
    const set = sets.get(name);
    if (set === void 0) continue;
    const questions = questionsOf(set);
    const found = /* @__PURE__ */ new Map();
    for (const tenant of members) {
      if (tenant.state === "removed") continue;
      const key = answersOf(tenant, { set, questions, ...known2 });
      const way = found.get(key);
      if (way === void 0 && found.size === MOST2) left2.set(set, (left2.get(set) ?? 0) + 1);
      else if (way === void 0) found.set(key, { tenant, tenants: 1 });
      else {
        way.tenants += 1;
        if (way.tenant.state !== "active") way.tenant = tenant;
      }
    }
    for (const way of found.values()) ways.push({ set, values: valuesOf(set, way.tenant), ...way });
  }
  return { ways, left: left2 };
}
function answersOf(tenant, { set, questions, owns, literals }) {
  let key = "";
  for (const { variable, ask } of questions) {
    const value = given(set, tenant, variable);
    if (ask !== "owner") key += answer(value, ask);
    else key += itemsOf(value).every((item) => typeof item !== "boolean" && owns(tenant, item)) ? "1" : "0";
  }
  for (const literal2 of literals) key += owns(tenant, literal2) ? "1" : "0";
  return key;
}
function answer(value, ask) {
  if (ask === "value") return typeof value === "number" ? "" : `${JSON.stringify(value)};`;
  if (ask === "truth") return isTrue(value) ? "1" : "0";
  return typeof value === "object" ? String(Math.min(value.length, 2)) : "-";
}
var itemsOf = (value) => value === void 0 ? [false] : typeof value === "object" ? value : [value];
var isTrue = (value) => typeof value === "object" ? value.length > 0 : Boolean(value);
function given({ variables }, tenant, name) {
  if (name === "id") return tenant.id;
  if (name === "slug") return tenant.slug;
  const given2 = Object.hasOwn(tenant.vars, name) ? tenant.vars[name] : void 0;
  return given2 ?? variables.get(name)?.default ?? void 0;
}
function valuesOf(set, tenant) {
  const names2 = ["id", "slug", ...set.variables.keys()];
  return new Map(
    names2.flatMap((name) => {
      const value = given(set, tenant, name);
      return value === void 0 ? [] : [[name, value]];
    })
  );
}
function questionsOf(set) {
  const inquiry = new Inquiry();
  for (const { template } of set.files) {
    inquiry.walk(template.pieces, (hole) => {
      const place = template.places.get(hole);
      if (place === "sql") return "owner";
      return place === "word" || place === "ident" ? "value" : null;
    });
  }
  for (const { form, templates } of set.tokens) {
    const resources = new Set(form.scopes.map(({ resource }) => resource));
    for (const [key, { template }] of templates) {
      const isName2 = resources.has(key.slice(key.indexOf("\n") + 1));
      inquiry.walk(template.pieces, () => isName2 ? "value" : "owner");
    }
  }
  return [...inquiry.found.values()];
}
var Inquiry = class {
  found = /* @__PURE__ */ new Map();
  #list = null;
  walk(pieces, asking2) {
    for (const piece of pieces) {
      if (piece.kind === "text") continue;
      if (piece.kind === "hole") {
        const ask = asking2(piece);
        if (ask !== null) this.#ask(piece.operand, ask);
        continue;
      }
      this.#ask(piece.operand, piece.kind === "loop" ? "length" : "truth");
      if (piece.kind === "loop") this.#list = piece.operand;
      this.walk(piece.body, asking2);
      if (piece.kind === "loop") this.#list = null;
      this.walk(piece.otherwise, asking2);
    }
  }
  #ask(operand, ask) {
    const isItem = operand.from === "item";
    const asked = isItem ? this.#list ?? operand : operand;
    if (asked.from !== "variable") return;
    if (ask === "value" && /^(?:id|slug)$/.test(asked.name)) return;
    const about = isItem && ask === "truth" ? "value" : ask;
    this.found.set(`${about} ${asked.name}`, { variable: asked.name, ask: about });
  }
};
function literalsOf2(set) {
  return set.files.flatMap(
    ({ template }) => (0, import_index_main_step.everyPiece)(template.pieces).flatMap((piece) => piece.kind === "text" ? quotedIn(piece.text) : [])
  );
}
var quotedIn = (text) => [
  ...text.split(/['\n]/),
  ...[...text.matchAll(/\d+/g)].map(([number]) => number)
];
// src/lint/ground.ts
function groundOf2({ fleet, sets, project }, generation) {
  const owns = ownership(fleet.tenants);
  const texts = /* @__PURE__ */ new Set([
    ...project.files.flatMap(({ text }) => quotedIn(text)),
    ...[...sets.values()].flatMap(literalsOf2)
  ]);
  const names2 = fleet.tenants.flatMap(({ id, slug }) => texts.has(id) || texts.has(slug) ? [id, slug] : []);
  const literals = [...new Set(names2)].filter((name) => texts.has(name));
  const { ways, left: left2 } = waysOf(fleet, sets, { owns, literals });
  const renderings = ways.flatMap((way) => rendered(way, generation));
  const shown2 = project.files.map(projectFile).filter((file) => file !== null);
  const files = new Map(shown2.map((file) => [file.datafile.name, file]));
  const known2 = /* @__PURE__ */ new Map();
  const templated = (sql) => {
    const read2 = known2.get(sql) ?? readTemplated(sql.text);
    known2.set(sql, read2);
    return read2;
  };
  const evidence = evidenceOf({ owns, project: files, renderings, templated });
  return {
    generation,
    owns,
    project: files,
    renderings,
    left: left2,
    evidence,
    templated,
    shared: sharedIn(files, evidence)
  };
}
function rendered(way, generation) {
  const { set, tenant, values } = way;
  const scope = { slug: tenant.slug, values };
  try {
    const files = set.files.flatMap(({ role, kind, file, template }) => {
      const read2 = readFile(file, `${(0, import_index_main_step.resourceName)(tenant.slug, role)}.${kind}`, trace(template, scope));
      return read2 === null ? [] : [[read2.datafile.name, read2]];
    });
    const tokens = set.tokens.map((template) => {
      const token = (0, import_index_main_step.fillToken)(template, scope, set.longestTtl);
      const own = [...token.scopes.entries()].map(([nth, one2]) => ({ nth, scope: one2 }));
      const scopes = own.filter(({ scope: one2 }) => (one2.generation ?? generation) === generation);
      return { template, token, scopes };
    });
    return [{ way, files: new Map(files), tokens }];
  } catch (error) {
    if (error instanceof import_index_main_step.Misfit) return [];
    throw error;
  }
}
function evidenceOf({ owns, project, renderings, templated }) {
  const evidence = new Evidence();
  const fixed = /* @__PURE__ */ new Map();
  const strength = ({ tenant }) => (value) => value === tenant.id || value === tenant.slug ? "id" : owns(tenant, value) ? "unique" : null;
  for (const { way, tokens } of renderings) {
    const text = strength(way);
    for (const { scope } of tokens.flatMap(({ scopes }) => scopes)) {
      if (scope.filter !== void 0) evidence.filter(scope.filter, { text, parameter: () => null });
      for (const [name, value] of Object.entries(scope.fixedParams ?? {})) {
        const found = typeof value === "boolean" ? null : text(String(value));
        if (found !== null && fixed.get(name) !== "id") fixed.set(name, found);
      }
    }
  }
  const parameter = (name) => fixed.get(name) ?? null;
  const note = (files, text) => {
    for (const { sqls } of files.values())
      for (const sql of sqls) evidence.node(templated(sql), { text, parameter });
  };
  for (const { way, files } of renderings) note(files, strength(way));
  note(project, () => null);
  return evidence;
}
function sharedIn(project, evidence) {
  const known2 = /* @__PURE__ */ new Map();
  return (name) => {
    const table = known2.get(name) ?? sharedTable(name, project, evidence);
    known2.set(name, table);
    return table;
  };
}
function sharedTable(name, project, evidence) {
  const file = project.get(name) ?? project.get(name.replace(/_quarantine$/, ""));
  if (file === void 0 || file.datafile.kind === "pipe")
    return { name, file: null, columns: null, tenantColumns: evidence.names };
  const { columns } = file.datafile;
  const keys = sortingKey((0, import_index_run_telling.engineOption)(file.datafile, "SORTING_KEY"));
  const tenantColumns2 = evidence.tenantColumns(
    columns.map((column) => column.name),
    keys
  );
  return { name, file, columns, tenantColumns: tenantColumns2 };
}
function sortingKey(text) {
  const found = [];
  const key = (0, import_index_run_telling.lexemes)(text).filter((lexeme) => !/^[()]$/.test(symbolOf2(lexeme)) && lexeme.text !== "tuple");
  for (const [at, lexeme] of key.entries()) {
    if (at % 2 === 1 ? symbolOf2(lexeme) !== "," : !isName(lexeme)) return found.slice(0, -1);
    if (at % 2 === 0) found.push(lexeme.text);
  }
  return found;
}
// src/lint/relation.ts
var NOTHING2 = { reads: [], fixed: /* @__PURE__ */ new Set(), columns: null, star: null };
var everyRow = (table, spot) => ({
  reads: [{ table, spot, carriers: table.tenantColumns, trouble: null }],
  fixed: /* @__PURE__ */ new Set(),
  columns: table.columns?.map(({ name }) => name) ?? null,
  star: null
});
function united(arms) {
  const [first, ...more2] = arms;
  if (first === void 0) return NOTHING2;
  if (more2.length === 0) return first;
  const renamed = [first, ...more2.map((arm) => likeFirst(arm, first.columns))];
  return {
    reads: renamed.flatMap(({ reads }) => reads),
    fixed: new Set([...first.fixed].filter((name) => renamed.every(({ fixed }) => fixed.has(name)))),
    columns: first.columns,
    star: renamed.find(({ star }) => star !== null)?.star ?? null
  };
}
function likeFirst(arm, names2) {
  if (names2 === null || arm.columns === null) return arm;
  const { columns } = arm;
  const renamed = (set) => new Set(names2.filter((_, nth) => set.has(columns[nth] ?? "")));
  return {
    ...arm,
    fixed: renamed(arm.fixed),
    reads: arm.reads.map((read2) => ({ ...read2, carriers: renamed(read2.carriers) }))
  };
}
var STRENGTH = ["or", "caller", "value", "opaque"];
function worse(a, b) {
  if (a === null || b === null) return a ?? b;
  return STRENGTH.indexOf(b.kind) < STRENGTH.indexOf(a.kind) ? b : a;
}
// src/lint/sql/clauses.ts
function clauses(sql) {
  const starts = outside(sql).flatMap((at) => {
    const clause = at === 0 || endsOperand(sql[at - 1]) ? clauseAt(sql, at) : null;
    return clause === null ? [] : [{ at, ...clause }];
  });
  return starts.map(({ at, clause, length }, nth) => {
    return { clause, body: sql.slice(at + length, starts[nth + 1]?.at) };
  });
}
function clauseAt(sql, at) {
  const [word, next, third] = [wordOf2(sql[at]), sql[at + 1], sql[at + 2]];
  const rest = (isOne) => isOne ? { clause: "REST", length: 1 } : null;
  switch (word) {
    case "SELECT":
      return { clause: "SELECT", length: 1 };
    case "FROM":
      return wordOf2(sql[at - 1]) === "DISTINCT" ? null : { clause: "FROM", length: 1 };
    case "PREWHERE":
    case "WHERE":
    case "HAVING":
      return { clause: "CONDITION", length: 1 };
    // It filters what windows have counted already.
    case "QUALIFY":
      return rest(true);
    case "GROUP":
    case "ORDER":
      return rest(wordOf2(next) === "BY");
    case "WITH":
      return rest(/^(?:TOTALS|ROLLUP|CUBE)$/.test(wordOf2(next)));
    case "LIMIT":
    case "OFFSET":
      return rest(next?.kind === "number" || isHole(next) || isName(next) || symbolOf2(next) === "(");
    case "SETTINGS":
    case "WINDOW":
      return rest(isName(next) && (symbolOf2(third) === "=" || wordOf2(third) === "AS"));
    case "FORMAT":
      return rest(isName(next) && third === void 0);
    default:
      return null;
  }
}
var OPERATORS = /^(?:AND|OR|NOT|IN|LIKE|ILIKE|BETWEEN|IS|DIV|MOD|AS|THEN|ELSE|WHEN|CASE|GLOBAL|INTERVAL|BY|ON|DISTINCT)$/;
var endsOperand = (lexeme) => lexeme !== void 0 && (/^[)\]}*]$/.test(symbolOf2(lexeme)) || isHole(lexeme) || lexeme.kind !== "symbol" && lexeme.kind !== "odd" && !OPERATORS.test(wordOf2(lexeme)));
// src/lint/sql/query.ts
function readQuery(sql) {
  const whole2 = unwrapped(sql);
  if (whole2 !== null) return readQuery(whole2);
  const { ctes, scalars, rest } = readWith(sql);
  const arms = setParts(rest).map((part) => {
    if (wordOf2(part[0]) === "WITH" || unwrapped(part) !== null) return readQuery(part);
    return symbolOf2(part[0]) === "(" ? readQuery(bracket(part, 0).inner) : readSelect(part, scalars);
  });
  const isRecursive = wordOf2(sql[1]) === "RECURSIVE";
  return { ctes, isRecursive, arms, inner: scalars.flatMap(({ expression }) => queriesIn(expression)) };
}
function readWith(sql) {
  const ctes = /* @__PURE__ */ new Map();
  const scalars = [];
  if (wordOf2(sql[0]) !== "WITH") return { ctes, scalars, rest: sql };
  const start = wordOf2(sql[1]) === "RECURSIVE" ? 2 : 1;
  const body = outside(sql).find((at) => at > start && /^(?:SELECT|FROM)$/.test(wordOf2(sql[at])));
  if (body === void 0) throw new Unreadable(sql[0]?.at ?? 0, "its WITH has no SELECT");
  for (const part of byCommas(sql.slice(start, body))) {
    const as = outside(part).find((at) => wordOf2(part[at]) === "AS") ?? -1;
    const defined = unwrapped(part.slice(as + 1));
    const [name] = part;
    if (isName(name) && defined !== null && isQuery(defined)) ctes.set(name.text, readQuery(defined));
    else scalars.push(itemOf(part));
  }
  return { ctes, scalars, rest: sql.slice(body) };
}
var SETS = /^(?:UNION|INTERSECT|EXCEPT)$/;
function setParts(sql) {
  const parts = [];
  let start = 0;
  for (const at of outside(sql)) {
    if (!SETS.test(wordOf2(sql[at]))) continue;
    const next = /^(?:ALL|DISTINCT)$/.test(wordOf2(sql[at + 1])) ? at + 2 : at + 1;
    if (!isQuery(sql.slice(next))) continue;
    parts.push(sql.slice(start, at));
    start = next;
  }
  return [...parts, sql.slice(start)];
}
function readSelect(sql, scalars) {
  const parts = clauses(sql);
  const all = (clause) => parts.filter((part) => part.clause === clause).map(({ body }) => body);
  const items = all("SELECT").flatMap((body) => byCommas(withoutDistinct(body)).map(itemOf));
  const sources = all("FROM").flatMap(readSources);
  const [unknown4] = sql;
  if (parts[0]?.clause !== "SELECT" && parts[0]?.clause !== "FROM")
    throw new Unreadable(unknown4?.at ?? 0, "it is not a SELECT");
  const elsewhere = [...all("SELECT"), ...all("CONDITION"), ...all("REST"), ...sources.map(({ on }) => on)];
  return {
    items,
    sources,
    conditions: all("CONDITION"),
    aliases: aliasesIn([...scalars, ...items], elsewhere),
    inner: elsewhere.flatMap(queriesIn),
    lexemes: sql
  };
}
var withoutDistinct = (sql) => {
  if (wordOf2(sql[0]) !== "DISTINCT") return sql;
  return wordOf2(sql[1]) === "ON" && symbolOf2(sql[2]) === "(" ? sql.slice(bracket(sql, 2).next) : sql.slice(1);
};
function itemOf(sql) {
  const at = sql[0]?.at ?? 0;
  const last = sql.at(-1);
  const before = sql.at(-2);
  if (!isName(last) || before === void 0) return { expression: sql, alias: null, at };
  if (wordOf2(before) === "AS") return { expression: sql.slice(0, -2), alias: last.text, at };
  const isAlias = endsOperand(before) && symbolOf2(before) !== "*" && wordOf2(last) !== "END";
  return isAlias ? { expression: sql.slice(0, -1), alias: last.text, at } : { expression: sql, alias: null, at };
}
function aliasesIn(items, elsewhere) {
  const aliases = /* @__PURE__ */ new Map();
  for (const sql of elsewhere) {
    for (let at = 0; at < sql.length; at++) {
      const lexeme = sql[at];
      if (isInnerQuery(sql, at)) at = bracket(sql, at).next - 1;
      else if (wordOf2(sql[at - 1]) === "AS" && isName(lexeme)) aliases.set(lexeme.text, []);
    }
  }
  for (const { alias, expression } of items) if (alias !== null) aliases.set(alias, expression);
  return aliases;
}
var DEEPEST = 40;
var isInnerQuery = (sql, at) => symbolOf2(sql[at]) === "(" && isQuery(sql.slice(at + 1, at + DEEPEST));
function queriesIn(sql) {
  const found = [];
  for (let at = 0; at < sql.length; at++) {
    if (!isInnerQuery(sql, at)) continue;
    const { inner, next } = bracket(sql, at);
    found.push(readQuery(inner));
    at = next - 1;
  }
  return found;
}
// src/lint/sql/from.ts
function isNarrowed(join, side) {
  if (join === "inner") return true;
  return join === "left" && side === "this" || join === "right" && side === "earlier";
}
var JOINING = /^(?:GLOBAL|LOCAL|ANY|ALL|ASOF|SEMI|ANTI|INNER|LEFT|RIGHT|FULL|CROSS|OUTER|PASTE|NATURAL|ARRAY)$/;
function readSources(sql) {
  const sources = [];
  let inArray = false;
  for (const { joined: joined2, body } of segments(sql)) {
    inArray = joined2.includes("ARRAY") || inArray && joined2[0] === ",";
    if (!inArray) sources.push(...readSource(body, joinOf(joined2)));
  }
  return sources;
}
function segments(sql) {
  const found = [{ joined: [], body: sql }];
  let start = 0;
  let hasUsing = false;
  for (const at of outside(sql)) {
    if (at < start) continue;
    const last = found.at(-1);
    if (wordOf2(sql[at]) === "USING") hasUsing = symbolOf2(sql[at + 1]) !== "(";
    const joined2 = joinAt(sql, at);
    if (last === void 0 || joined2 === null || hasUsing && joined2[0] === ",") continue;
    last.body = sql.slice(start, at);
    start = at + joined2.length;
    found.push({ joined: joined2, body: sql.slice(start) });
    hasUsing = false;
  }
  return found;
}
function joinAt(sql, at) {
  if (symbolOf2(sql[at]) === ",") return [","];
  const words = [];
  for (let next = at; JOINING.test(wordOf2(sql[next])); next++) words.push(wordOf2(sql[next]));
  return wordOf2(sql[at + words.length]) === "JOIN" ? [...words, "JOIN"] : null;
}
function joinOf(joined2) {
  if (joined2.includes("FULL")) return "full";
  if (joined2.includes("RIGHT")) return joined2.includes("SEMI") ? "inner" : "right";
  if (joined2.includes("ANTI")) return "left";
  return joined2.includes("LEFT") && !joined2.includes("SEMI") ? "left" : "inner";
}
function readSource(sql, join) {
  const [first] = sql;
  if (first === void 0) throw new Unreadable(0, "a table is missing after FROM or JOIN");
  const { target, next } = readTarget(sql);
  const { alias, on, using } = readTail(sql.slice(next));
  if (target !== null) return [{ target, alias, join, on, using, at: first.at }];
  return readSources(bracket(sql, 0).inner).map(
    (source, nth) => nth > 0 ? source : { ...source, join, on: [...source.on, ...on], using: [...source.using, ...using] }
  );
}
function readTarget(sql) {
  const [first, second, third] = sql;
  if (symbolOf2(first) === "(") {
    const { inner, next } = bracket(sql, 0);
    return { target: isQuery(inner) ? { kind: "query", query: readQuery(inner) } : null, next };
  }
  if (isHole(first)) return { target: { kind: "computed", name: HOLE2, inner: [] }, next: 1 };
  if (!isName(first)) throw new Unreadable(sql[0]?.at ?? 0, "what follows FROM or JOIN is not read here");
  if (symbolOf2(second) === "(") {
    const { next } = bracket(sql, 1);
    return { target: { kind: "computed", name: first.text, inner: queriesIn(sql.slice(0, next)) }, next };
  }
  if (symbolOf2(second) === "." && third !== void 0)
    return { target: { kind: "table", name: `${first.text}.${third.text}` }, next: 3 };
  return { target: { kind: "table", name: first.text }, next: 1 };
}
function readTail(sql) {
  let alias = null;
  for (let at = 0; at < sql.length; at++) {
    const lexeme = sql[at];
    const word = wordOf2(lexeme);
    if (word === "ON") return { alias, on: sql.slice(at + 1), using: [] };
    if (word === "USING") {
      return { alias, on: [], using: sql.slice(at + 1).flatMap((name) => isName(name) ? [name.text] : []) };
    }
    if (word === "SAMPLE" || word === "OFFSET") at += symbolOf2(sql[at + 2]) === "/" ? 3 : 1;
    else if (isName(lexeme) && !/^(?:FINAL|AS)$/.test(word)) alias = lexeme.text;
    else if (symbolOf2(lexeme) === "(") at = bracket(sql, at).next - 1;
    else if (word === "") throw new Unreadable(lexeme?.at ?? 0, `${lexeme?.text} is not read there`);
  }
  return { alias, on: [], using: [] };
}
// src/lint/sql/where.ts
var OTHER = { kind: "other" };
function readCondition(sql) {
  if (sql.length === 0) return OTHER;
  if (outside(sql).some((at) => /^(?:\?|->|,)$/.test(symbolOf2(sql[at])))) return opaque(sql);
  const or = outside(sql).find((at) => wordOf2(sql[at]) === "OR");
  if (or !== void 0) {
    const parts2 = split(sql, (lexeme) => wordOf2(lexeme) === "OR").map(readCondition);
    return { kind: "any", parts: parts2, at: sql[or]?.at ?? 0 };
  }
  const parts = conjuncts2(sql);
  if (parts.length > 1) return { kind: "all", parts: parts.map(readCondition) };
  const inner = unwrapped(sql);
  if (inner === null) return comparison2(sql);
  return isQuery(inner) ? opaque(sql) : readCondition(inner);
}
function linksOf2(condition) {
  if (condition?.kind === "link") return [condition.columns];
  return condition?.kind === "all" ? condition.parts.flatMap(linksOf2) : [];
}
function conjuncts2(sql) {
  let betweens = 0;
  return split(sql, (lexeme) => {
    if (wordOf2(lexeme) === "BETWEEN") betweens += 1;
    if (wordOf2(lexeme) !== "AND") return false;
    betweens -= 1;
    if (betweens >= 0) return false;
    betweens = 0;
    return true;
  });
}
var NARROWS_NOTHING = /^(?:!=|<>|<|>|<=|>=)$/;
var NO_EQUALITY = /^(?:NOT|LIKE|ILIKE|BETWEEN|IS)$/;
function comparison2(sql) {
  const top = outside(sql);
  const isPlain = top.some(
    (at2) => NARROWS_NOTHING.test(symbolOf2(sql[at2])) || NO_EQUALITY.test(wordOf2(sql[at2]))
  );
  if (isPlain || sql.every(({ kind }) => kind === "number")) return OTHER;
  const operators = top.filter((at2) => isEquality(sql[at2]));
  const [operator] = operators;
  if (operator === void 0 || operators.length > 1) return opaque(sql);
  const isIn2 = wordOf2(sql[operator]) === "IN";
  const left2 = sql.slice(0, isIn2 && wordOf2(sql[operator - 1]) === "GLOBAL" ? operator - 1 : operator);
  const right = sql.slice(operator + 1);
  const at = sql[0]?.at ?? 0;
  const column = columnOf(left2);
  const values = isIn2 ? listOf(right) : one(valueIn(right));
  if (column !== null && values !== null) return { kind: "equal", column, values, at };
  const other = isIn2 ? null : columnOf(right);
  if (other === null) return opaque(sql);
  if (column !== null) return { kind: "link", columns: [column, other] };
  const mirrored = one(valueIn(left2));
  return mirrored === null ? opaque(sql) : { kind: "equal", column: other, values: mirrored, at };
}
var isEquality = (lexeme) => /^==?$/.test(symbolOf2(lexeme)) || wordOf2(lexeme) === "IN";
var one = (value) => value === null ? null : [value];
function opaque(sql) {
  const words = new Set(sql.filter(isName).map(({ text }) => text));
  return { kind: "opaque", words, hasHole: sql.some(isHole), at: sql[0]?.at ?? 0 };
}
var INJECTIVE = /^(?:TOSTRING|ASSUMENOTNULL|TOLOWCARDINALITY|MATERIALIZE|IDENTITY)$/;
var CONSTANTS2 = /^(?:TRUE|FALSE|NULL|NAN|INF|INFINITY)$/;
function columnOf(sql) {
  const inner = unwrapped(sql) ?? castOf(sql, /^STRING$/i) ?? argumentOf2(sql, INJECTIVE);
  if (inner !== null) return isQuery(inner) ? null : columnOf(inner);
  const isPath = sql.every((lexeme, at) => at % 2 === 1 ? symbolOf2(lexeme) === "." : isName(lexeme));
  if (!isPath || sql.length % 2 === 0 || sql.length === 1 && CONSTANTS2.test(wordOf2(sql[0]))) return null;
  return sql.filter(isName).map(({ text }) => text);
}
var CASTS = /^(?:TO(?:STRING|UUID|U?INT\d+|FLOAT\d+|DATE\w*|LOWCARDINALITY|FIXEDSTRING)|ASSUMENOTNULL|MATERIALIZE)$/;
function valueIn(sql) {
  const inner = unwrapped(sql) ?? castOf(sql, /./) ?? argumentOf2(sql, CASTS);
  if (inner !== null) return valueIn(inner);
  const [first, second] = sql;
  if (sql.length === 2 && symbolOf2(first) === "-" && second?.kind === "number")
    return { kind: "literal", text: `-${second.text}` };
  if (first === void 0 || sql.length > 1) return null;
  if (isHole(first)) return { kind: "hole", at: first.at };
  if (first.kind === "number") return { kind: "literal", text: first.text };
  return first.kind === "text" ? { kind: "literal", text: first.value ?? null } : null;
}
function listOf(sql) {
  const inner = symbolOf2(sql[0]) === "[" ? bracket(sql, 0).inner : unwrapped(sql);
  if (inner === null) return one(valueIn(sql));
  const values = byCommas(inner).map(valueIn);
  const known2 = values.filter((value) => value !== null);
  return known2.length === values.length ? known2 : null;
}
function castOf(sql, form) {
  const at = outside(sql).findLast((index) => symbolOf2(sql[index]) === "::");
  if (at !== void 0) return form.test(sql[at + 1]?.text ?? "") ? sql.slice(0, at) : null;
  const inner = argumentOf2(sql, /^CAST$/);
  if (inner === null) return null;
  const cut = outside(inner).find((index) => wordOf2(inner[index]) === "AS" || symbolOf2(inner[index]) === ",");
  if (cut === void 0) return null;
  const type = inner[cut + 1];
  return form.test(type?.value ?? type?.text ?? "") ? inner.slice(0, cut) : null;
}
function argumentOf2(sql, name) {
  if (!name.test(wordOf2(sql[0])) || symbolOf2(sql[1]) !== "(") return null;
  const { inner, next } = bracket(sql, 1);
  if (next !== sql.length) return null;
  return wordOf2(sql[0]) === "CAST" ? inner : byCommas(inner)[0] ?? null;
}
// src/lint/hold.ts
var nameOf4 = ({ alias, target }) => alias ?? (target.kind === "table" ? target.name : null);
var sameRef = (a, b) => a[0] === b[0] && a[1] === b[1];
var Holding = class {
  #sources;
  #select;
  #judge;
  #where;
  #on;
  #fixes = [];
  constructor(select, sources, judge) {
    this.#select = select;
    this.#sources = sources;
    this.#judge = judge;
    this.#where = select.conditions.map(readCondition);
    this.#on = sources.map(({ on }) => readCondition(on));
    this.#fix();
  }
  spot(at) {
    return this.#judge.spot(at);
  }
  /** Where a column is held to the tenant's own value; null where it is not. */
  held(source, column) {
    return this.#fixes.find(({ ref }) => sameRef(ref, [source, column]))?.spot ?? null;
  }
  /** The source and column that a name means; null when it means something else, or nothing that is known. */
  resolve(column) {
    const [name, ...more2] = column;
    if (name === void 0) return null;
    if (more2.length === 0) return this.#unqualified(name);
    const whole2 = column.join(".");
    const nested = this.#sources.findIndex(({ relation }) => relation.columns?.includes(whole2));
    if (nested >= 0) return [nested, whole2];
    const source = this.#sources.findIndex((one2) => nameOf4(one2) === column.at(-2));
    return source < 0 ? null : [source, column.at(-1) ?? ""];
  }
  /** An alias goes before a column of its name, also in WHERE. */
  #unqualified(name) {
    const expression = this.#select.aliases.get(name);
    if (expression !== void 0) {
      const meant = columnOf(expression);
      if (meant === null) return null;
      if (meant.length > 1 || meant[0] !== name)
        return meant.length === 1 && this.#select.aliases.has(meant[0] ?? "") ? null : this.resolve(meant);
    }
    const knows = this.#sources.findIndex(({ relation }) => relation.columns?.includes(name));
    const source = knows >= 0 ? knows : this.#sources.findIndex(({ relation }) => relation.columns === null);
    return source < 0 ? null : [source, name];
  }
  #fix() {
    for (const [nth, { relation, at }] of this.#sources.entries()) {
      for (const column of relation.fixed)
        this.#fixes.push({ ref: [nth, column], spot: this.#judge.spot(at) });
    }
    for (const [nth, { join }] of this.#sources.entries()) {
      const fixes = this.#fixesOf(this.#on[nth] ?? { kind: "other" });
      this.#fixes.push(...fixes.filter(({ ref }) => isNarrowed(join, ref[0] < nth ? "earlier" : "this")));
    }
    this.#spread(this.#fixes, (join, to) => isNarrowed(join, to));
    const always = this.#where.flatMap((condition) => this.#fixesOf(condition));
    this.#spread(always, () => true);
    this.#fixes.push(...always);
    this.#spread(this.#fixes, (join, to) => isNarrowed(join, to));
  }
  /** Columns that are equal are held together. */
  #spread(fixes, passes) {
    const links = this.#links();
    for (const { ref, spot } of fixes) {
      for (const { a, b, join } of links) {
        for (const [from, to] of [[a, b], [b, a]]) {
          if (from === null || to === null || !sameRef(from, ref)) continue;
          const isOpen = join === null || passes(join, to[0] < from[0] ? "earlier" : "this");
          if (isOpen && !fixes.some((fix) => sameRef(fix.ref, to))) fixes.push({ ref: to, spot });
        }
      }
    }
  }
  #links() {
    const linked = (condition, join) => linksOf2(condition).map(([a, b]) => ({ a: this.resolve(a), b: this.resolve(b), join }));
    return [
      ...this.#where.flatMap((condition) => linked(condition, null)),
      ...this.#sources.flatMap(({ join, using }, nth) => [
        ...linked(this.#on[nth], join),
        ...using.map((name) => ({ a: this.resolve([name]), b: [nth, name], join }))
      ])
    ];
  }
  #fixesOf(condition) {
    switch (condition.kind) {
      case "all":
        return condition.parts.flatMap((part) => this.#fixesOf(part));
      case "any": {
        const [first = [], ...more2] = condition.parts.map((part) => this.#fixesOf(part));
        return first.filter(({ ref }) => more2.every((fixes) => fixes.some((fix) => sameRef(fix.ref, ref))));
      }
      case "equal": {
        const ref = this.resolve(condition.column);
        const isOwn2 = condition.values.every((value) => this.#judge.ownerOf(value) === "own");
        return ref === null || !isOwn2 ? [] : [{ ref, spot: this.#judge.spot(condition.at) }];
      }
      case "link":
      case "other":
      case "opaque":
        return [];
    }
  }
  /** Why conditions that look like it do not hold a column. */
  trouble(source, columns) {
    const isMeant = (column) => {
      const ref = this.resolve(column);
      return ref === null ? columns.has(column.at(-1) ?? "") : ref[0] === source && columns.has(ref[1]);
    };
    return [...this.#where, ...this.#on].map((condition) => this.#troubleOf(condition, columns, isMeant)).reduce(worse, null);
  }
  #troubleOf(condition, columns, isMeant) {
    switch (condition.kind) {
      case "all":
        return condition.parts.map((part) => this.#troubleOf(part, columns, isMeant)).reduce(worse, null);
      case "any": {
        const isBeside = condition.parts.some(
          (part) => this.#fixesOf(part).some(({ ref }) => columns.has(ref[1]))
        );
        return isBeside ? { kind: "or", spot: this.#judge.spot(condition.at) } : null;
      }
      case "equal":
        return isMeant(condition.column) ? this.#wrongValue(condition) : null;
      case "opaque": {
        const mentions = condition.hasHole || [...columns].some((name) => condition.words.has(name));
        return mentions ? { kind: "opaque", spot: this.#judge.spot(condition.at) } : null;
      }
      case "link":
      case "other":
        return null;
    }
  }
  #wrongValue({ values, at, column }) {
    const spot = this.#judge.spot(at);
    const owners = values.map((value) => this.#judge.ownerOf(value));
    const chosen = owners.find((owner) => typeof owner === "object");
    if (typeof chosen === "object") return { kind: "caller", spot, parameter: chosen.parameter };
    if (owners.includes("other")) return { kind: "value", spot };
    const isOpaque = owners.includes("unknown") || this.resolve(column) === null;
    return isOpaque ? { kind: "opaque", spot } : null;
  }
};
// src/lint/output.ts
function outputOf(select, sources, holding) {
  const names2 = /* @__PURE__ */ new Map();
  const fixed = /* @__PURE__ */ new Set();
  let columns = [];
  let star = null;
  const give = (source, column, name) => {
    const key = `${source} ${column}`;
    names2.set(key, [...names2.get(key) ?? [], name]);
    if (holding.held(source, column) !== null) fixed.add(name);
  };
  for (const { expression, alias, at } of select.items) {
    const all = starIn(expression);
    for (const [nth, source] of sources.entries()) {
      if (all === null || all.qualifier !== null && all.qualifier !== nameOf4(source)) continue;
      const { relation } = source;
      star ??= relation.star ?? tableOf(source, holding, at);
      for (const name2 of relation.columns ?? relation.reads.flatMap(({ carriers: carriers2 }) => [...carriers2])) {
        if (all.without.has(name2)) continue;
        give(nth, name2, name2);
        columns?.push(name2);
      }
      if (relation.columns === null || all.without.size > 0) columns = null;
    }
    if (all !== null) continue;
    const column = columnOf(expression);
    const name = alias ?? column?.at(-1) ?? "";
    columns?.push(name);
    const ref = column === null ? null : holding.resolve(column);
    if (ref !== null) give(ref[0], ref[1], name);
  }
  const windows = windowsIn(select.lexemes);
  return {
    columns,
    fixed,
    star,
    named: (nth, column) => windows.every((words) => words.has(column)) ? names2.get(`${nth} ${column}`) ?? [] : []
  };
}
function tableOf({ target, relation, at }, holding, item) {
  const read2 = target.kind === "table" ? relation.reads.find(({ spot }) => spot.at === at) : void 0;
  return read2 === void 0 ? null : { table: read2.table, spot: holding.spot(item) };
}
function windowsIn(sql) {
  return [...sql.keys()].flatMap((at) => {
    if (wordOf2(sql[at]) !== "OVER") return [];
    const inner = symbolOf2(sql[at + 1]) === "(" ? bracket(sql, at + 1).inner : [];
    const order = inner.findIndex((lexeme) => wordOf2(lexeme) === "ORDER");
    const by = wordOf2(inner[0]) === "PARTITION" ? inner.slice(0, order < 0 ? inner.length : order) : [];
    return [new Set(by.map(({ text }) => text))];
  });
}
function starIn(sql) {
  const [first, second, third] = sql;
  const isQualified = isName(first) && symbolOf2(second) === "." && symbolOf2(third) === "*";
  const isStar = symbolOf2(first) === "*" || wordOf2(first) === "COLUMNS" && symbolOf2(second) === "(";
  if (!isQualified && !isStar) return null;
  const words = sql.slice(isQualified ? 3 : 1).filter(isName);
  return { qualifier: isQualified ? first.text : null, without: new Set(words.map(({ text }) => text)) };
}
// src/lint/flow.ts
var ROWLESS2 = /^(?:numbers|numbers_mt|zeros|zeros_mt|values|generateseries|generate_series|format|view)$/i;
var Flow = class {
  #scene;
  #answers;
  #known = /* @__PURE__ */ new Map();
  /** Where reads were held, by place of the read. */
  held = /* @__PURE__ */ new Map();
  /** Every table that was read. */
  tables = /* @__PURE__ */ new Set();
  /** Words in the values that are left. */
  words = /* @__PURE__ */ new Set();
  unread = [];
  /** With these answers there is an error, and no row. */
  fails = false;
  constructor(scene, answers) {
    this.#scene = scene;
    this.#answers = answers;
  }
  node(sql) {
    const known2 = this.#known.get(sql);
    if (known2 !== void 0) return known2;
    this.#known.set(sql, NOTHING2);
    const relation = this.#read(sql);
    this.#known.set(sql, relation);
    return relation;
  }
  #read(sql) {
    try {
      const templated = this.#scene.templated(sql);
      const text = withAnswers(templated, this.#answers);
      const holes = new Map([...templated.holes].filter(([at]) => text[at] === HOLE2));
      const lexemes2 = sqlLexemes(text);
      for (const { at, words, fails } of holes.values()) {
        this.fails ||= fails;
        if (!lexemes2.some((lexeme) => lexeme.at <= at && at < lexeme.end)) continue;
        for (const word of words) this.words.add(word);
      }
      return this.#query(readQuery(lexemes2), { sql, holes, ctes: /* @__PURE__ */ new Map() });
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.unread.push({ sql, error });
      return NOTHING2;
    }
  }
  #query(query, outer) {
    let scope = outer;
    for (const [name, cte] of query.ctes) {
      const before = query.isRecursive ? { ...scope, ctes: new Map([...scope.ctes, [name, () => NOTHING2]]) } : scope;
      let relation = null;
      const rows = () => {
        relation ??= this.#query(cte, before);
        return relation;
      };
      scope = { ...scope, ctes: new Map([...scope.ctes, [name, rows]]) };
    }
    const arms = query.arms.map(
      (arm) => "arms" in arm ? this.#query(arm, scope) : this.#select(arm, scope)
    );
    const whole2 = united(arms);
    return { ...whole2, reads: [...whole2.reads, ...this.#inner(query.inner, scope)] };
  }
  /** What comes out of queries in expressions cannot be held any more. */
  #inner(queries, scope) {
    return queries.flatMap(
      (query) => this.#query(query, scope).reads.map((read2) => ({ ...read2, carriers: /* @__PURE__ */ new Set() }))
    );
  }
  #select(select, scope) {
    const sources = select.sources.map((source) => {
      return { ...source, relation: this.#source(source, scope) };
    });
    const judge = {
      ownerOf: (value) => this.#ownerOf(value, scope),
      spot: (at) => ({ sql: scope.sql, at })
    };
    const holding = new Holding(select, sources, judge);
    const output = outputOf(select, sources, holding);
    const reads = sources.flatMap(
      ({ relation }, nth) => relation.reads.flatMap((read2) => this.#unheld(read2, { nth, holding, output }))
    );
    return { ...output, reads: [...reads, ...this.#inner(select.inner, scope)] };
  }
  #unheld(read2, at) {
    const { nth, holding, output } = at;
    for (const column of read2.carriers) {
      const spot = holding.held(nth, column);
      if (spot === null) continue;
      this.held.set(keyOf2(read2.spot), spot);
      return [];
    }
    const carriers2 = new Set([...read2.carriers].flatMap((column) => output.named(nth, column)));
    return [{ ...read2, carriers: carriers2, trouble: worse(read2.trouble, holding.trouble(nth, read2.carriers)) }];
  }
  #source({ target, at }, scope) {
    const spot = { sql: scope.sql, at };
    switch (target.kind) {
      case "query":
        return this.#query(target.query, scope);
      case "table":
        return scope.ctes.get(target.name)?.() ?? this.#table(target.name, spot);
      case "computed":
        return this.#computed(target, spot, scope);
    }
  }
  #computed(target, spot, scope) {
    const named = scope.holes.get(spot.at)?.named;
    if (named !== void 0 && named !== null) return this.#table(named, spot);
    if (!ROWLESS2.test(target.name)) {
      const name = target.name === HOLE2 ? "a table that only its parameters name" : `${target.name}()`;
      return this.#table(name, spot);
    }
    const [only, ...more2] = target.inner.map((query) => this.#query(query, scope));
    return only !== void 0 && more2.length === 0 ? only : NOTHING2;
  }
  #table(name, spot) {
    const meaning = this.#scene.meaning(name, spot.sql);
    switch (meaning.kind) {
      case "node":
        return this.node(meaning.sql);
      case "own":
        return { reads: [], fixed: meaning.fixed, columns: meaning.columns, star: null };
      case "shared": {
        const { table } = meaning;
        this.tables.add(table);
        const rows = everyRow(table, spot);
        return this.#scene.filtered.has(name) ? { ...rows, reads: [], fixed: table.tenantColumns } : rows;
      }
    }
  }
  #ownerOf(value, { holes }) {
    if (value.kind === "literal") {
      if (value.text === null) return "unknown";
      return this.#scene.ownsLiteral(value.text) ? "own" : "other";
    }
    const parameter = holes.get(value.at)?.parameter ?? null;
    if (parameter === null) return "unknown";
    return this.#scene.own.has(parameter) ? "own" : { parameter };
  }
};
var keyOf2 = ({ sql, at }) => {
  const { file, line, column } = sql.at(at);
  return `${file}:${line}:${column}`;
};
// src/lint/scene.ts
var answerOf = (file) => file.sqls.find(({ node }) => node.type === "endpoint") ?? file.sqls.at(-1) ?? null;
function meaningIn(ground, files) {
  return (name, sql) => {
    const node = sql.file.sqls.find((one2) => one2.node.name === name && one2 !== sql);
    if (node !== void 0) return { kind: "node", sql: node };
    const file = files.get(name) ?? ground.project.get(name);
    if (file === void 0 || file.datafile.kind === "datasource" && !files.has(name))
      return { kind: "shared", table: ground.shared(name) };
    if (file.datafile.kind === "pipe") {
      const answer2 = answerOf(file);
      return answer2 === null ? { kind: "shared", table: ground.shared(name) } : { kind: "node", sql: answer2 };
    }
    const columns = file.datafile.columns.map((column) => column.name);
    const { names: names2 } = ground.evidence;
    return { kind: "own", columns, fixed: new Set(columns.filter((column) => names2.has(column))) };
  };
}
var isPipe = (file) => file.datafile.kind === "pipe";
// src/lint/texts.ts
var said3 = (message, instead) => ({ message, instead });
var TEXTS = {
  optional: (table, column) => said3(
    `the condition on ${column} stands inside of a {% \u2026 %}: a request without the parameter gets every tenant's rows of ${table}`,
    `before the {% if %}: AND ${column} = {{String(tenant, required=True)}}`
  ),
  or: (table, column) => said3(
    `an OR stands beside the condition on ${column}: rows of ${table} that meet the other side come out, whoever's they are`,
    `${column} = \u2026 AND (\u2026 OR \u2026)`
  ),
  quoted: (parameter) => said3(
    `{{\u2026(${parameter})}} brings its own quotes: in quotes its value ends the text and becomes SQL`,
    "without the quotes around {{ }}; for a part of a text concat('\u2026', {{ }})"
  ),
  unused: (parameter, pipe) => said3(
    `the token fixes ${parameter}, but no SQL of ${pipe} uses it: it holds nothing back`,
    `tenant_id = {{String(${parameter}, required=True)}} in the pipe, or no such parameter`
  ),
  optionalParameter: (parameter, pipe) => said3(
    `the token fixes ${parameter}, but ${pipe} uses it only inside of {% if %}: any other token opens all rows`,
    `{{String(${parameter}, required=True)}} outside of every {% if %}`
  ),
  star: (table, columns) => said3(
    `this view takes * from ${table}: a column that is added there does not fit the table that the view fills`,
    columns.length === 0 ? "name each column" : `SELECT ${columns.join(", ")}`
  ),
  sorting: (table, column, key) => said3(
    key === null ? `${table} names no sorting key: whether it starts with ${column} is left to Tinybird` : `the sorting key of ${table} does not start with ${column}: every read of one tenant reads the rows of all`,
    `ENGINE_SORTING_KEY "${[column, ...(key ?? []).filter((name) => name !== column)].join(", ")}"`
  ),
  partition: (table, column) => said3(
    `the partition key of ${table} is made of ${column}: an insert with more than 100 of its values is refused`,
    `ENGINE_PARTITION_KEY by time, and ${column} first in ENGINE_SORTING_KEY`
  ),
  copies: (pipe) => said3(
    `a static token with PIPES:READ can also start copy pipes, of which there is one (${pipe}), whatever its scopes are`,
    "kind: jwt"
  ),
  quarantine: (table) => said3(
    `DATASOURCES:READ on ${table}, which tenants share, opens its quarantine too, where rows of all tenants lie`,
    "PIPES:READ of an endpoint on it, with the tenant in fixed_params"
  ),
  cast: (name, instead) => said3(
    `${name} throws on a row that does not fit, and one such row of one tenant stops the ingest of all`,
    instead
  ),
  unread: (why) => said3(`this SQL cannot be judged: ${why}`, null),
  ways: (set, tenants) => said3(`the set ${set} comes out in too many ways: for ${tenants} tenants it was not looked at`, null)
};
function unfiltered(table, { column, trouble, isKnown, isOurs }) {
  const { name, file } = table;
  const filter = isOurs ? `${column} = {{sql id}}` : `${column} = {{String(tenant, required=True)}}`;
  if (!isKnown)
    return said3(
      `no condition says whose rows of ${name} these are, and nothing in sets and project tells which column does`,
      null
    );
  switch (trouble?.kind) {
    case "caller":
      return said3(
        `${column} of ${name} is compared with the parameter ${trouble.parameter}, which the caller chooses: no token fixes it to the tenant`,
        `fixed_params: { ${trouble.parameter}: '{{text id}}' } in the token`
      );
    case "value":
      return said3(`${column} of ${name} is compared with what is not a value of this tenant alone`, filter);
    case "opaque":
      return said3(
        `whether this condition holds ${name} to one tenant's rows cannot be decided`,
        `${filter} beside it`
      );
    case "or":
    case void 0:
      return file === null ? said3(`no condition holds ${name}, which the project does not declare, to one tenant's rows`, filter) : said3(
        `no condition of its own holds ${name}, which tenants share, to one tenant's rows here`,
        filter
      );
  }
}
// src/lint/isolation.ts
var LEAVES = /* @__PURE__ */ new Set(["endpoint", "materialized", "copy", "sink", "stream"]);
function rootsOf(ground, { way, files, tokens }) {
  const roots = [];
  for (const issued of tokens) {
    for (const { scope, nth } of issued.scopes) {
      const file = files.get(scope.resource) ?? ground.project.get(scope.resource);
      const sql = scope.type === "PIPES:READ" && file !== void 0 && isPipe(file) ? answerOf(file) : null;
      const opened3 = { issued, nth };
      const isWide = way.set.allowWide !== null && isUnheld(ground, opened3, way);
      if (sql !== null && !(isWide && ground.project.has(scope.resource))) roots.push({ sql, opened: opened3 });
    }
  }
  const opened2 = new Set(roots.map(({ sql }) => sql));
  for (const sql of [...files.values()].flatMap(({ sqls }) => sqls)) {
    if (LEAVES.has(sql.node.type) && !opened2.has(sql)) roots.push({ sql, opened: null });
  }
  return roots;
}
function tryRoot(ground, rendering, { sql, opened: opened2 }) {
  const meaning = meaningIn(ground, rendering.files);
  const { way } = rendering;
  const scene = {
    meaning,
    templated: ground.templated,
    ownsLiteral: (text) => ground.owns(way.tenant, text),
    own: fixedBy(ground, opened2, way),
    filtered: filteredBy(ground, opened2, way)
  };
  const nodes = nodesFrom(sql, scene);
  const atoms = nodes.flatMap((node) => ground.templated(node).atoms);
  const flows = answersTo(atoms).flatMap((answers) => {
    const flow = new Flow(scene, answers);
    const { reads } = flow.node(sql);
    return flow.fails ? [] : [{ flow, reads }];
  });
  return { flows, nodes };
}
var isUnheld = (ground, opened2, way) => fixedBy(ground, opened2, way).size === 0 && filteredBy(ground, opened2, way).size === 0;
function fixedBy(ground, opened2, { tenant }) {
  const params = opened2?.issued.token.scopes[opened2.nth]?.fixedParams ?? {};
  if (ground.generation === "classic") return /* @__PURE__ */ new Set();
  const own = Object.entries(params).filter(
    ([, value]) => typeof value !== "boolean" && ground.owns(tenant, value)
  );
  return new Set(own.map(([name]) => name));
}
function filteredBy(ground, opened2, { tenant }) {
  if (ground.generation === "forward" || opened2 === null) return /* @__PURE__ */ new Set();
  return new Set(
    opened2.issued.scopes.flatMap(({ scope }) => {
      if (scope.type !== "DATASOURCES:READ" || scope.filter === void 0) return [];
      const columns = new Set((ground.shared(scope.resource).columns ?? []).map(({ name }) => name));
      const flaw = filterFlaw(scope.filter, { columns, owns: (value) => ground.owns(tenant, value) });
      return flaw === null ? [scope.resource] : [];
    })
  );
}
function nodesFrom(start, scene) {
  const nodes = /* @__PURE__ */ new Set([start]);
  for (const sql of nodes) {
    const { text, holes } = scene.templated(sql);
    const names2 = (0, import_index_run_telling.lexemes)(text).flatMap((lexeme) => isName(lexeme) ? [lexeme.text] : []);
    for (const { named } of holes.values()) if (named !== null) names2.push(named);
    for (const name of new Set(names2)) {
      const meaning = scene.meaning(name, sql);
      if (meaning.kind === "node") nodes.add(meaning.sql);
    }
  }
  return [...nodes];
}
function reportTrial(trial, ground, at) {
  const held2 = /* @__PURE__ */ new Map();
  for (const { flow, reads } of trial.flows) {
    for (const [key, spot] of flow.held) held2.set(key, spot);
    for (const { spot, trouble } of reads)
      if (trouble?.kind === "caller") held2.set(keyOf2(spot), trouble.spot);
  }
  for (const { flow, reads } of trial.flows) {
    for (const { sql, error } of flow.unread) {
      at.findings.add(
        { rule: "unread", level: "unsure", ...sql.at(error.at), ...TEXTS.unread(error.message) },
        [at.way]
      );
    }
    for (const read2 of reads) {
      const found = foundOf(read2, held2.get(keyOf2(read2.spot)) ?? null, ground);
      if (found !== null) at.findings.add(found, [at.way]);
    }
  }
}
function foundOf(read2, held2, ground) {
  const { table, trouble, spot } = read2;
  const isKnown = table.tenantColumns.size > 0;
  if (!isKnown && ground.evidence.names.size > 0) return null;
  const column = [...table.tenantColumns][0] ?? "tenant_id";
  if (trouble?.kind === "or")
    return {
      rule: "or-beside-filter",
      level: "warning",
      ...placeOf(trouble.spot),
      ...TEXTS.or(table.name, column)
    };
  const branch = held2 === null || trouble !== null ? null : branchOf(held2, ground);
  if (branch !== null)
    return { rule: "optional-filter", level: "warning", ...branch, ...TEXTS.optional(table.name, column) };
  const isUnsure = trouble?.kind === "opaque" || !isKnown || table.file === null;
  const place = placeOf(trouble?.spot ?? spot);
  return {
    rule: "unfiltered-table",
    level: isUnsure ? "unsure" : "warning",
    ...place,
    ...unfiltered(table, {
      column,
      trouble,
      isKnown,
      isOurs: !ground.project.has(spot.sql.file.datafile.name)
    })
  };
}
var placeOf = ({ sql, at }) => sql.at(at);
function branchOf({ sql, at }, ground) {
  const around = ground.templated(sql).branches.filter(({ from, to }) => from <= at && at < to);
  const inner = around.toSorted((a, b) => b.from - a.from)[0];
  return inner === void 0 ? null : sql.at(inner.at);
}
var tablesOf = (trial) => trial.flows.flatMap(({ flow }) => [...flow.tables]).filter(({ tenantColumns: tenantColumns2 }) => tenantColumns2.size > 0);
// src/lint/keys.ts
function keyFindings({ name, file, tenantColumns: tenantColumns2 }) {
  const [column] = tenantColumns2;
  if (file === null || column === void 0 || file.datafile.kind === "pipe") return [];
  const { engine } = file.datafile;
  if (file.datafile.name !== name || engine !== null && !engine.type.endsWith("MergeTree")) return [];
  const found = [];
  const sorting = (0, import_index_run_telling.engineOption)(file.datafile, "SORTING_KEY");
  const key = sortingKey(sorting);
  if (sorting === "") {
    found.push({
      rule: "sorting-key",
      level: "unsure",
      ...file.place("ENGINE"),
      ...TEXTS.sorting(name, column, null)
    });
  } else if (!tenantColumns2.has(key[0] ?? "")) {
    const place = file.place("ENGINE_SORTING_KEY");
    found.push({ rule: "sorting-key", level: "warning", ...place, ...TEXTS.sorting(name, column, key) });
  }
  const partition = partitioned((0, import_index_run_telling.lexemes)((0, import_index_run_telling.engineOption)(file.datafile, "PARTITION_KEY")), tenantColumns2);
  if (partition !== null) {
    const place = file.place("ENGINE_PARTITION_KEY");
    const said5 = TEXTS.partition(name, column);
    found.push({ rule: "partition-by-tenant", level: partition, ...place, ...said5 });
  }
  return found;
}
function partitioned(key, columns) {
  const isColumn3 = ({ kind, text }) => (kind === "word" || kind === "name") && columns.has(text);
  if (!key.some(isColumn3) || key.some(({ text }) => text === "%" || /^modulo/i.test(text))) return null;
  const list2 = key[0]?.text === "tuple" ? key.slice(1) : key;
  const parts = unwrapped(list2) ?? list2;
  return outside(parts).some((at) => {
    const lexeme = parts[at];
    return lexeme !== void 0 && isColumn3(lexeme) && symbolOf2(parts[at + 1]) !== "(";
  }) ? "warning" : "unsure";
}
// src/lint/scopes.ts
var placeOf2 = ({ template }, path) => ({
  file: template.file,
  ...template.at(path)
});
function parameterFindings(ground, { opened: opened2 }, at) {
  if (opened2 === null || ground.generation === "classic") return [];
  const { issued, nth } = opened2;
  const scope = issued.token.scopes[nth];
  const { flows, nodes } = at.trial;
  if (scope === void 0 || flows.some(({ flow }) => flow.unread.length > 0)) return [];
  const asked = nodes.flatMap((node) => ground.templated(node).atoms).filter((atom) => !atom.startsWith("defined("));
  return Object.entries(scope.fixedParams ?? {}).flatMap(([name, value]) => {
    const place = placeOf2(issued, ["scopes", nth, "fixed_params", name]);
    const used = flows.filter(({ flow }) => flow.words.has(name));
    const pipe = shownName(scope, ground);
    const isAsked = asked.some((atom) => atom.split(/\W+/).includes(name));
    if (used.length === 0 && !isAsked)
      return [{ rule: "unused-fixed-param", level: "warning", ...place, ...TEXTS.unused(name, pipe) }];
    const isOwn2 = typeof value !== "boolean" && ground.owns(at.way.tenant, value);
    const isOpen = flows.some(({ flow, reads }) => !flow.words.has(name) && reads.length > 0);
    if (!isOwn2 || !isOpen || used.length === 0) return [];
    return [
      { rule: "optional-fixed-param", level: "warning", ...place, ...TEXTS.optionalParameter(name, pipe) }
    ];
  });
}
var shownName = ({ resource }, ground) => ground.project.has(resource) ? resource : "the pipe";
function scopeFindings(ground, issued, at) {
  const isJwt2 = issued.token.via === "jwt" && ground.generation === "forward";
  const found = [];
  const reads = issued.scopes.some(({ scope }) => scope.type === "PIPES:READ");
  if (!isJwt2 && reads && at.copies !== null && ground.generation === "forward") {
    found.push({
      rule: "static-token-and-copies",
      level: "warning",
      ...placeOf2(issued, ["kind"]),
      ...TEXTS.copies(at.copies)
    });
  }
  for (const { scope, nth } of issued.scopes) {
    if (scope.type !== "DATASOURCES:READ" || !ground.project.has(scope.resource)) continue;
    if (at.way.set.allowWide !== null && scope.filter === void 0) continue;
    if (ground.generation === "classic" && scope.filter !== void 0) continue;
    if (ground.shared(scope.resource).tenantColumns.size === 0) continue;
    const place = placeOf2(issued, ["scopes", nth]);
    const said5 = TEXTS.quarantine(scope.resource);
    found.push({ rule: "quarantine-readable", level: "warning", ...place, ...said5 });
  }
  return found;
}
// src/lint/casts.ts
var THROWS = /^(?:to(?:U?Int\d+|Float\d+|Date|Date32|DateTime|DateTime64|Decimal\d+|UUID|IPv4|IPv6)|parseDateTime(?:64|32)?(?:BestEffort(?:US)?|InJodaSyntax)?)$/i;
var NUMBERS = /^(?:U?Int|Float|Decimal|Date|UUID|IPv|Enum|Bool)/i;
function castsIn(sql, named) {
  return [...sql.entries()].flatMap(
    ([at, lexeme]) => castAt(sql, at, named) ?? colonsAt(sql, at, { lexeme, named }) ?? []
  );
}
function castAt(sql, at, named) {
  const [lexeme, next] = [sql[at], sql[at + 1]];
  if (lexeme?.kind !== "word" || symbolOf2(next) !== "(") return null;
  const { text } = lexeme;
  const { inner } = bracket(sql, at + 1);
  const cut = outside(inner).find((index) => wordOf2(inner[index]) === "AS" || symbolOf2(inner[index]) === ",");
  const kind = kindOf(inner.slice(0, cut), named);
  if (/^toBool$/i.test(text)) return toType("Bool", { name: text, at: lexeme.at, kind });
  if (/^(?:CAST|accurateCast)$/i.test(text)) {
    const type = inner[(cut ?? 0) + 1];
    return toType(type?.value ?? textOf4(inner.slice((cut ?? 0) + 1)), { name: text, at: lexeme.at, kind });
  }
  if (!THROWS.test(text) || kind === "constant" || kind === "value" || kind === "nullable") return null;
  const level = kind === "text" ? "warning" : "unsure";
  return { name: `${text}()`, at: lexeme.at, level, instead: `${text}OrNull(\u2026), or ${text}OrZero(\u2026)` };
}
function colonsAt(sql, at, { lexeme, named }) {
  if (symbolOf2(lexeme) !== "::") return null;
  let start = at - 1;
  if (symbolOf2(sql[start]) === ")")
    start = openerOf(sql, start) - (isName(sql[openerOf(sql, start) - 1]) ? 1 : 0);
  while (start > 1 && symbolOf2(sql[start - 1]) === ".") start -= 2;
  const end = symbolOf2(sql[at + 2]) === "(" ? bracket(sql, at + 2).next : at + 2;
  const type = textOf4(sql.slice(at + 1, end));
  return toType(type, { name: "::", at: lexeme.at, kind: kindOf(sql.slice(start, at), named) });
}
function openerOf(sql, close2) {
  let depth = 0;
  for (let at = close2; at >= 0; at--) {
    if (symbolOf2(sql[at]) === ")") depth += 1;
    if (symbolOf2(sql[at]) === "(") depth -= 1;
    if (depth === 0) return at;
  }
  return 0;
}
var textOf4 = (sql) => sql.map(({ text }) => text).join("");
function toType(type, { name, at, kind }) {
  const bare = type.replace(/^(?:LowCardinality\(|Nullable\()+/i, "");
  const isNullable = /Nullable\(/i.test(type);
  const throwsOnNull = kind === "nullable" && !isNullable;
  const throws = kind === "text" || kind === "unknown" ? NUMBERS.test(bare) : /^Enum/i.test(bare) && kind === "value";
  if (!throws && !throwsOnNull) return null;
  const short = bare.replace(/\(.*$|\).*$/s, "");
  const form = `to${short}`;
  const instead = throwsOnNull ? "ifNull(\u2026, a value) inside of it" : THROWS.test(form) ? `${form}OrNull(\u2026), or ${form}OrZero(\u2026)` : /^Enum/i.test(short) ? "LowCardinality(String), without a cast" : `accurateCastOrNull(\u2026, '${short}')`;
  const shown2 = name === "::" ? `::${short}` : `${name}() to ${short}`;
  return { name: shown2, at, level: kind === "unknown" || isNullable ? "unsure" : "warning", instead };
}
var TEXTS2 = /^(?:toString\w*|lower\w*|upper\w*|trim\w*|concat|substr\w*|replace\w*|extract|left|right|reverse|format|domain\w*|path|cut\w+|decodeURL\w*|JSON(?:ExtractString|ExtractRaw|_VALUE)|(?:visitParam|simpleJSON)Extract(?:String|Raw)|arrayStringConcat|base64Decode|tryBase64Decode|dictGetString)$/i;
var VALUES2 = /^(?:to(?!String)\w+|parse\w+|now(?:64)?|today|yesterday|date\w+|count\w*|sum\w*|avg\w*|uniq\w*|length\w*|abs|round|floor|ceil|intDiv\w*|plus|minus|multiply|divide|modulo|JSONExtract(?:U?Int|Float|Bool)|(?:visitParam|simpleJSON)Extract(?:U?Int|Float|Bool)|isNull|isNotNull|sipHash\w+|cityHash\w+|generateUUIDv4|bit\w+)$/i;
var PASSING = /^(?:any\w*|min|max|argMin|argMax|ifNull|coalesce|assumeNotNull|nullIf|materialize|identity)$/i;
function kindOf(sql, named) {
  const inner = unwrapped(sql);
  if (inner !== null) return kindOf(inner, named);
  const [first, second, third] = sql;
  if (sql.length === 1 && (first?.kind === "text" || first?.kind === "number")) return "constant";
  if (outside(sql).some((at) => at > 0 && /^[-+*/%]$/.test(symbolOf2(sql[at])))) return "value";
  if (!isName(first)) return "unknown";
  if (symbolOf2(second) === "(" && bracket(sql, 1).next === sql.length) return ofCall(first.text, sql, named);
  const path = symbolOf2(second) === "." && isName(third) ? third : first;
  const known2 = named(path.text);
  const rest = sql.slice(path === first ? 1 : 3);
  if (rest.length > 0 && symbolOf2(rest[0]) !== "[") return "unknown";
  if (known2 === null) return "unknown";
  return "type" in known2 ? ofType(known2.type, rest.length > 0) : kindOf(known2.expression, without2(named, path.text));
}
var without2 = (named, name) => (other) => {
  if (other !== name) return named(other);
  const known2 = named(name);
  return known2 !== null && "type" in known2 ? known2 : null;
};
function ofCall(name, sql, named) {
  if (TEXTS2.test(name)) return "text";
  if (VALUES2.test(name)) return "value";
  const parts = byCommas(bracket(sql, 1).inner);
  if (PASSING.test(name)) return kindOf(parts[0] ?? [], named);
  if (!/^if$/i.test(name)) return "unknown";
  const kinds = parts.slice(1).map((part) => kindOf(part, named));
  return ["text", "unknown", "nullable", "value"].find((kind) => kinds.includes(kind)) ?? "constant";
}
function ofType(type, isElement) {
  const bare = type.replace(/^(?:LowCardinality\(|Nullable\()+/i, "");
  if (/^(?:JSON|Dynamic|Variant|Object)/i.test(bare)) return "unknown";
  if (isElement) return /String/i.test(bare) ? "text" : "value";
  if (/^(?:Fixed)?String/i.test(bare)) return /Nullable\(/i.test(type) ? "unknown" : "text";
  return /Nullable\(/i.test(type) ? "nullable" : "value";
}
// src/lint/views.ts
function reportViews(ground, rendering, at) {
  const files = rendering?.files ?? /* @__PURE__ */ new Map();
  const scene = {
    meaning: meaningIn(ground, files),
    templated: ground.templated,
    ownsLiteral: () => false,
    own: /* @__PURE__ */ new Set(),
    filtered: /* @__PURE__ */ new Set()
  };
  const shown2 = rendering === null ? ground.project : files;
  const views = [...shown2.values()].flatMap(
    ({ sqls }) => sqls.filter(({ node }) => node.type === "materialized")
  );
  for (const view of views) {
    const flow = new Flow(scene, () => false);
    const { star } = flow.node(view);
    if (star !== null) {
      const columns = star.table.columns?.map(({ name }) => name) ?? [];
      const place = star.spot.sql.at(star.spot.at);
      at.findings.add(
        { rule: "star-from-landing", level: "warning", ...place, ...TEXTS.star(star.table.name, columns) },
        at.ways
      );
    }
    const types = new Map(
      [...flow.tables].flatMap((table) => (table.columns ?? []).map(({ name, type }) => [name, type]))
    );
    for (const sql of nodesFrom(view, scene)) reportCasts(sql, types, at);
  }
}
function reportCasts(sql, types, at) {
  try {
    const lexemes2 = sqlLexemes(sql.text);
    const aliases = new Map(selectsIn(readQuery(lexemes2)).flatMap((select) => [...select.aliases]));
    const named = (name) => {
      const type = types.get(name);
      if (type !== void 0 && type !== "") return { type };
      const expression = aliases.get(name);
      return expression === void 0 || expression.length === 0 ? null : { expression };
    };
    for (const cast of castsIn(lexemes2, named)) {
      const said5 = TEXTS.cast(cast.name, cast.instead);
      at.findings.add({ rule: "throwing-cast", level: cast.level, ...sql.at(cast.at), ...said5 }, at.ways);
    }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    at.findings.add(
      { rule: "unread", level: "unsure", ...sql.at(error.at), ...TEXTS.unread(error.message) },
      at.ways
    );
  }
}
var selectsIn = (query) => [
  ...query.arms.flatMap(
    (arm) => "arms" in arm ? selectsIn(arm) : [arm, ...arm.inner.flatMap(selectsIn), ...ofSources(arm)]
  ),
  ...[...query.ctes.values(), ...query.inner].flatMap(selectsIn)
];
var ofSources = ({ sources }) => sources.flatMap(({ target }) => target.kind === "query" ? selectsIn(target.query) : []);
// src/lint/lint.ts
function lint(sources, generation) {
  const ground = groundOf2(sources, generation);
  const findings = new Findings();
  const copies = copyOf(ground);
  const readers = /* @__PURE__ */ new Map();
  for (const rendering of ground.renderings) lintWay(ground, rendering, { findings, copies, readers });
  const ways = ground.renderings.map(({ way }) => way);
  reportViews(ground, null, { findings, ways });
  for (const { sqls } of ground.project.values()) {
    for (const sql of sqls) reportQuotes(ground, sql, { findings, ways: readers.get(sql) ?? [] });
  }
  for (const [set, tenants] of ground.left) {
    const { file = set.name } = set.files[0] ?? {};
    const said5 = TEXTS.ways(set.name, tenants);
    const all = ways.filter((way) => way.set === set);
    findings.add({ rule: "unread", level: "unsure", file, line: 1, column: 1, ...said5 }, all);
  }
  return findings.all();
}
function lintWay(ground, rendering, { findings, copies, readers }) {
  const { way, files, tokens } = rendering;
  for (const root of rootsOf(ground, rendering)) {
    const trial = tryRoot(ground, rendering, root);
    reportTrial(trial, ground, { findings, way });
    for (const found of parameterFindings(ground, root, { trial, way })) findings.add(found, [way]);
    for (const table of new Set(tablesOf(trial))) {
      for (const found of keyFindings(table)) findings.add(found, [way]);
    }
    for (const sql of trial.nodes) readers.set(sql, (readers.get(sql) ?? /* @__PURE__ */ new Set()).add(way));
  }
  for (const issued of tokens) {
    for (const found of scopeFindings(ground, issued, { way, copies })) findings.add(found, [way]);
  }
  reportViews(ground, rendering, { findings, ways: [way] });
  for (const { sqls } of files.values()) {
    for (const sql of sqls) reportQuotes(ground, sql, { findings, ways: [way] });
  }
}
function reportQuotes(ground, sql, at) {
  const { text, holes } = ground.templated(sql);
  try {
    for (const lexeme of sqlLexemes(text)) {
      if (lexeme.kind !== "text" && lexeme.kind !== "name") continue;
      for (const hole of holes.values()) {
        if (hole.at < lexeme.at || hole.at >= lexeme.end) continue;
        const said5 = TEXTS.quoted(hole.parameter ?? "\u2026");
        at.findings.add({ rule: "quoted-parameter", level: "warning", ...sql.at(hole.at), ...said5 }, at.ways);
      }
    }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
  }
}
function copyOf({ project, renderings }) {
  const isCopy = (sql) => sql.node.type === "copy";
  const shared = [...project.values()].find(({ sqls }) => sqls.some(isCopy));
  if (shared !== void 0) return shared.datafile.name;
  const own = renderings.find(({ files }) => [...files.values()].some(({ sqls }) => sqls.some(isCopy)));
  return own === void 0 ? null : `of the set ${own.way.set.name}`;
}
// src/verify/ask.ts
var isAnswered = ({ status }) => status >= 200 && status < 300;
var SHOWN6 = 300;
var TOKENS2 = /\bp\.eyJ[\w.-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]+/g;
var shown = ({ status, text }) => `${status} ${text.replace(TOKENS2, "***").slice(0, SHOWN6)}`;
function curlOf({ method, path, body }) {
  const sent = body === void 0 ? "" : ` -H ${quoted(`Content-Type: ${body.type}`)} --data-binary ${quoted(body.text)}`;
  const verb = method === "GET" ? "" : ` -X ${method}`;
  return `curl -s${verb} -H "Authorization: Bearer $TOKEN"${sent} "$TINYBIRD_HOST${path}"`;
}
function quoted(text) {
  if (!/[\r\n]/.test(text)) return `'${text.replaceAll("'", String.raw`'\''`)}'`;
  const escaped = text.replace(/[\\']/g, String.raw`\$&`).replaceAll("\r", String.raw`\r`).replaceAll("\n", String.raw`\n`);
  return `$'${escaped}'`;
}
function pathOf(path, params = []) {
  if (params.length === 0) return path;
  const query = new URLSearchParams();
  for (const [name, value] of params) query.append(name, value);
  return `${path}?${query.toString()}`;
}
var DIGITS = 9;
var NOTHING3 = 1e-9;
var rounded = (_, value) => {
  if (typeof value !== "number" || Number.isInteger(value)) return value;
  return Math.abs(value) < NOTHING3 ? 0 : Number(value.toPrecision(DIGITS));
};
function contentOf({ status, text }) {
  if (!text.startsWith("{")) return `${status} ${text}`;
  try {
    const { data } = JSON.parse(text, rounded);
    if (!Array.isArray(data)) return `${status}`;
    return `${status} ${data.map((row) => JSON.stringify(row)).sort().join("\n")}`;
  } catch {
    return `${status} ${text}`;
  }
}
// src/verify/marks.ts
var UUID = "ca9a4100-0000-4000-8000-";
var TEXTS3 = /canary_t(\d+)_/gi;
var UUIDS = /ca9a4100-0000-4000-8000-([0-9a-f]{12})/gi;
function marksIn(answer2) {
  const found = /* @__PURE__ */ new Set();
  if (/canary_t/i.test(answer2)) for (const [, index] of answer2.matchAll(TEXTS3)) found.add(Number(index));
  if (answer2.includes(UUID)) {
    for (const [, index = ""] of answer2.matchAll(UUIDS)) found.add(Number.parseInt(index, 16));
  }
  return found;
}
var FIRST_DAY = Date.UTC(2031, 0, 2);
var indexes = /* @__PURE__ */ new Map();
var SPAN2 = { 64: 7e12, 32: 1e9 };
var STEP = { 64: 1e6, 32: 1e5 };
var DATES = /\b(2\d\d\d-\d\d-\d\d)/g;
var NUMBERS2 = /\b\d{10,13}\b/g;
function hintsIn(answer2) {
  const found = /* @__PURE__ */ new Set();
  for (const [, day = ""] of answer2.matchAll(DATES)) {
    const index = indexes.get(day);
    if (index !== void 0) found.add(index);
  }
  for (const [text] of answer2.matchAll(NUMBERS2)) {
    const bits = Number(text) >= SPAN2[64] ? 64 : 32;
    const index = Math.floor((Number(text) - SPAN2[bits]) / STEP[bits]);
    if (index >= 0 && Number(text) < 2 * SPAN2[bits]) found.add(index);
  }
  return found;
}
// src/verify/findings.ts
var Findings2 = class {
  leaks = /* @__PURE__ */ new Map();
  refusedOwn = /* @__PURE__ */ new Map();
  notes = /* @__PURE__ */ new Set();
  notTried = /* @__PURE__ */ new Set();
  /** By tenant's id: own resources and shared ones that answered. */
  reads = /* @__PURE__ */ new Map();
  /** By tenant's id: everything that was asked. */
  asked = /* @__PURE__ */ new Map();
  tried = 0;
  answered = 0;
  #ground;
  #places;
  constructor(ground) {
    this.#ground = ground;
    this.#places = new Map(ground.tenants.map(({ id }, place) => [id, place]));
  }
  /** Looks at an answer. Gives the places of other tenants of whom it may show something. */
  see(told4) {
    const { held: held2, question, answer: answer2 } = told4;
    this.tried += 1;
    addTo(this.asked, held2.tenant.id, question.resource);
    const marks = this.#others(held2, marksIn(answer2.text));
    if (marks.size > 0) {
      this.leak(told4, { kind: "rows", of: this.#ids(marks), why: "the answer has values of their rows" });
    }
    if (!isAnswered(answer2)) {
      if (answer2.status === 501 && question.path.endsWith("/copy"))
        this.notTried.add("copy runs, which the sandbox does not have");
      return /* @__PURE__ */ new Set();
    }
    this.#seeAnswered(told4);
    return this.#others(held2, hintsIn(answer2.text));
  }
  #seeAnswered(told4) {
    const { held: held2, question, answer: answer2 } = told4;
    const { wants, owner, resource } = question;
    if (wants === "change") {
      const why = "a request that changes what others have was accepted";
      this.leak(told4, { kind: "change", of: owner === null ? [] : [owner], why });
    } else if (wants === "closed") {
      if (!EMPTY.test(answer2.text)) {
        const kind = resource === "/v0/tokens" ? "tokens" : "names";
        this.leak(told4, { kind, of: [], why: "a token of a tenant must not see this at all" });
      }
    } else if (wants === "list") {
      const { of, beside } = this.#named(told4);
      if (of.length > 0) this.leak(told4, { kind: "names", of, why: "it lists what belongs to them" });
      if (beside)
        this.notes.add(`${resource} tells the tokens of ${held2.tenant.set} names of what other tenants have`);
    } else if (owner !== null && owner !== held2.tenant.id) {
      this.leak(told4, { kind: "resource", of: [owner], why: `it belongs to ${owner}, and answered` });
    } else {
      addTo(this.reads, held2.tenant.id, resource);
    }
  }
  /** An own question that has to be answered. */
  own({ held: held2, question, answer: answer2 }, guessed) {
    if (isAnswered(answer2)) {
      this.answered += 1;
      return;
    }
    const said5 = shown(answer2);
    const { resource } = question;
    if (guessed && answer2.status === 400) {
      this.notes.add(
        `${resource} did not answer its own token, which may be because of the parameters that were tried: ${said5}`
      );
      return;
    }
    const { tenant, role } = held2;
    const refused = { tenant: tenant.id, role, resource, why: said5, curl: curlOf(question) };
    this.refusedOwn.set(`${tenant.id} ${role} ${resource}`, refused);
  }
  leak({ held: held2, question }, { kind, of, why }) {
    const { tenant, role } = held2;
    const { resource } = question;
    const key = `${tenant.id} ${role} ${resource} ${kind === "counts" ? "rows" : kind}`;
    if (this.leaks.has(key)) return;
    this.leaks.set(key, { kind, tenant: tenant.id, role, resource, of, why, curl: curlOf(question) });
  }
  /** Whether a token of the tenant has shown something. */
  hasLeaked(id) {
    return this.leaks.values().some(({ tenant }) => tenant === id);
  }
  placeOf(id) {
    return this.#places.get(id) ?? -1;
  }
  /** Ids by place; somebody beyond the list is `?`. */
  #ids(places2) {
    const ids = [...places2].sort((a, b) => a - b).map((place) => this.#ground.tenants[place]?.id ?? "?");
    return [...new Set(ids)];
  }
  idsOf(places2) {
    return this.#ids(places2);
  }
  #others({ tenant }, places2) {
    places2.delete(this.placeOf(tenant.id));
    return places2;
  }
  /** Whose resources it lists, and whether it names any in what it says of others, such as who reads a data source. */
  #named({ held: held2, answer: answer2 }) {
    const { datasources, pipes } = this.#ground;
    const ownersOf = (names2) => {
      const owners = names2.flatMap((name) => (datasources.get(name) ?? pipes.get(name))?.tenant?.id ?? []);
      return [...new Set(owners)].filter((id) => id !== held2.tenant.id);
    };
    const parsed = Listed.safeParse(JSON.parse(answer2.text));
    const items = parsed.success ? Object.values(parsed.data).flat() : [];
    const named = [...answer2.text.matchAll(/"name": ?"([^"]*)"/g)].map(([, name = ""]) => name);
    return { of: ownersOf(items.map(({ name }) => name)), beside: ownersOf(named).length > 0 };
  }
};
var Listed = (0, import_index_main_step.record)((0, import_index_main_step.string)(), (0, import_index_main_step.array)((0, import_index_main_step.object)({ name: (0, import_index_main_step.string)() })));
var EMPTY = /^\s*(?:\{\s*"\w+":\s*\[\s*\]\s*\}|\[\s*\])\s*$/;
function addTo(map, key, value) {
  const found = map.get(key) ?? /* @__PURE__ */ new Set();
  map.set(key, found.add(value));
}
// src/verify/ground.ts
function groundOf3(sources, generation, only) {
  const isChosen = ({ id }) => only === null || only.has(id);
  const { files, tokens, fleet } = (0, import_index_main_step.unwrap)(declaredOf(sources, generation));
  const chosen = files.filter(({ tenant }) => tenant === null || isChosen(tenant));
  const datasources = /* @__PURE__ */ new Map();
  const pipes = /* @__PURE__ */ new Map();
  for (const { datafile, tenant } of chosen) {
    if (datafile.kind === "pipe") pipes.set(datafile.name, { datafile, tenant });
    else datasources.set(datafile.name, { datafile, tenant });
  }
  return {
    generation,
    tenants: fleet.tenants.filter((tenant) => tenant.state !== "removed" && isChosen(tenant)),
    datasources,
    pipes,
    tokens: tokens.filter(({ tenant }) => isChosen(tenant)),
    owns: ownership(fleet.tenants)
  };
}
function sqlBehind({ pipes }, pipe) {
  const reached = /* @__PURE__ */ new Set([pipe]);
  for (const { nodes } of reached) {
    for (const word of nodes.flatMap(({ sql }) => sql.match(/\w+/g) ?? [])) {
      const other = pipes.get(word);
      if (other !== void 0) reached.add(other.datafile);
    }
  }
  return [...reached].flatMap(({ nodes }) => nodes.map(({ sql }) => sql));
}
// src/verify/matrix.ts
function matrixOf(ground, findings) {
  const leaks = Map.groupBy(findings.leaks.values(), ({ tenant }) => tenant);
  const stories = /* @__PURE__ */ new Map();
  for (const tenant of ground.tenants) {
    const asked = findings.asked.get(tenant.id) ?? /* @__PURE__ */ new Set();
    const leaked = new Set(leaks.get(tenant.id)?.map(({ resource }) => resource));
    const read2 = (findings.reads.get(tenant.id) ?? /* @__PURE__ */ new Set()).difference(leaked);
    const refused = asked.difference(read2).difference(leaked).size;
    const shown2 = (names2) => [...new Set([...names2].map((name) => callIt(ground, tenant, name)))].sort();
    const reach = { set: tenant.set, reads: shown2(read2), leaks: shown2(leaked), refused };
    const key = JSON.stringify(reach);
    const same = stories.get(key) ?? { ...reach, tenants: [] };
    same.tenants.push(tenant.id);
    stories.set(key, same);
  }
  return [...stories.values()];
}
function callIt({ datasources, pipes }, tenant, name) {
  const [, base = name, quarantine = ""] = /^(.*?)(_quarantine)?$/.exec(name) ?? [];
  const file = datasources.get(name) ?? pipes.get(name) ?? datasources.get(base);
  const owner = file?.tenant ?? null;
  if (owner === null) return name;
  const role = name.startsWith(`${owner.slug}_`) ? name.slice(owner.slug.length + 1) : `${base}${quarantine}`;
  return owner === tenant ? `its ${role}` : `${role} of others (${owner.set})`;
}
// src/live-proof/chosen.ts
var MOST_TRIED = 100;
var MOST_ASKERS = 20;
var MOST_OTHERS = 4;
function chosenFrom({ tenants }, { first, others: more2 }) {
  const live = tenants.filter(({ state }) => state !== "removed");
  const active = live.filter(({ state }) => state === "active");
  const [wanted, rest] = [true, false].map(
    (is) => active.filter(({ id }) => (first?.has(id) ?? true) === is)
  );
  const able = [...wanted ?? [], ...more2 ? rest ?? [] : []];
  const some2 = evenly(wanted ?? [], MOST_TRIED);
  const tried = more2 ? [...some2, ...evenly(rest ?? [], MOST_TRIED - some2.length)] : some2;
  const askers = evenly(tried, MOST_ASKERS);
  const sets = [...Map.groupBy(live, ({ set }) => set).values()].flatMap((members) => members.slice(0, 1));
  const others = /* @__PURE__ */ new Set([...sets, ...live.slice(0, MOST_OTHERS + 1)]);
  return {
    tried,
    askers: new Set(askers),
    // One more, because nobody is another to itself.
    others: [...others].slice(0, MOST_OTHERS + 1),
    sampled: [
      ...left(tried, able, "were tried on what is theirs"),
      ...left(askers, tried, "of these on what is not")
    ]
  };
}
var left = (some2, all, what) => some2.length === all.length ? [] : [`${(0, import_index_run_telling.grouped)(some2.length)} of ${(0, import_index_run_telling.grouped)(all.length)} tenants ${what}`];
function evenly(tenants, most) {
  if (tenants.length <= most) return tenants;
  return Array.from({ length: most }, (_, nth) => tenants[Math.floor(nth * tenants.length / most)]).filter(
    (tenant) => tenant !== void 0
  );
}
// src/verify/comparisons.ts
var EXPRESSION2 = /\{\{([\s\S]*?)\}\}|\{%[\s\S]*?%\}|\{#[\s\S]*?#\}/g;
var PARAMETER = /^\s*\w+\(\s*([A-Za-z_]\w*)/;
var HOLE3 = "tb__parameter__";
function comparisons(sql) {
  const plain3 = sql.replace(EXPRESSION2, (_, output) => {
    const [, name] = PARAMETER.exec(output ?? "") ?? [];
    return name === void 0 ? " " : ` ${HOLE3}${name} `;
  });
  const read2 = (0, import_index_run_telling.lexemes)(plain3);
  return read2.flatMap((lexeme, at) => [...ofOperator(read2, at), ...ofCall2(read2, at, lexeme)]);
}
var OPERATORS2 = /* @__PURE__ */ new Set(["=", "==", "!=", "<>", "<", ">", "<=", ">="]);
var WORDS = /* @__PURE__ */ new Set(["LIKE", "ILIKE", "BETWEEN"]);
function ofOperator(read2, at) {
  const { kind, text } = read2[at] ?? { kind: "odd", text: "" };
  const word = kind === "word" ? text.toUpperCase() : "";
  if (word === "IN") {
    const column = columnBefore(read2, isWord2(read2[at - 1], "NOT") ? at - 1 : at);
    return column === null ? [] : [comparison3(column, listAfter(read2, at + 1))];
  }
  if (!(kind === "symbol" && OPERATORS2.has(text)) && !WORDS.has(word)) return [];
  const after2 = read2[at + 1];
  const left2 = columnBefore(read2, isWord2(read2[at - 1], "NOT") ? at - 1 : at);
  const upTo = word === "BETWEEN" ? read2[at + 3] : void 0;
  if (left2 !== null && isValue(after2)) return [comparison3(left2, [after2, upTo].filter(isValue))];
  const before = read2[at - 1];
  const right = columnAt(read2, at + 1);
  return right !== null && isValue(before) ? [comparison3(right, [before])] : [];
}
function ofCall2(read2, at, lexeme) {
  const [open, column, comma, value] = read2.slice(at + 1, at + 5);
  const isCall2 = lexeme.kind === "word" && isSymbol(open, "(") && isSymbol(comma, ",");
  if (!isCall2 || column === void 0 || !isColumn2(column) || !isValue(value)) return [];
  return [comparison3(column.text, [value])];
}
var isSymbol = (lexeme, text) => lexeme?.kind === "symbol" && lexeme.text === text;
var isWord2 = (lexeme, text) => lexeme?.kind === "word" && lexeme.text.toUpperCase() === text;
var isHole2 = (lexeme) => lexeme.kind === "word" && lexeme.text.startsWith(HOLE3);
var isColumn2 = (lexeme) => (lexeme.kind === "word" || lexeme.kind === "name") && !isHole2(lexeme);
var isValue = (lexeme) => lexeme !== void 0 && (lexeme.kind === "text" || lexeme.kind === "number" || isHole2(lexeme));
function columnBefore(read2, at) {
  const inner = isSymbol(read2[at - 1], ")") ? read2[at - 2] : read2[at - 1];
  return inner !== void 0 && isColumn2(inner) ? inner.text : null;
}
function columnAt(read2, at) {
  const [first, dot, second] = read2.slice(at, at + 3);
  const column = isSymbol(dot, ".") ? second : first;
  return column !== void 0 && isColumn2(column) ? column.text : null;
}
function listAfter(read2, at) {
  const first = read2[at];
  if (isValue(first)) return [first];
  const end = read2.findIndex((lexeme, index) => index > at && isSymbol(lexeme, ")"));
  return read2.slice(at, end === -1 ? at : end).filter(isValue);
}
function comparison3(column, operands) {
  const texts = operands.map(({ kind, text, value }) => kind === "text" ? value ?? "" : text);
  const params = texts.flatMap(
    (text) => text.trim().startsWith(HOLE3) ? [text.trim().slice(HOLE3.length)] : []
  );
  return { column, params, values: texts.filter((text) => !text.includes(HOLE3)) };
}
// src/verify/values.ts
function shapeOf(type) {
  let base = type.trim();
  let nullable = false;
  for (; ; ) {
    const [, wrapper = "", inner] = /^(LowCardinality|Nullable)\((.*)\)$/s.exec(base) ?? /^(SimpleAggregateFunction)\(\w+,\s*(.*)\)$/s.exec(base) ?? [];
    if (inner === void 0) return { base, nullable };
    nullable ||= wrapper === "Nullable";
    base = inner.trim();
  }
}
function guess(type) {
  if (type === "Date") return "2000-01-01";
  if (type.startsWith("Date")) return "2000-01-01 00:00:00";
  return /^(?:String|Symbol)/.test(type) ? "x" : "1";
}
function holds2(type, text) {
  const { base } = shapeOf(type);
  const bits = Number(/^U?Int(\d+)$/.exec(base)?.[1] ?? 0);
  if (bits > 0) return /^\d+$/.test(text) && Number(text) < 2 ** Math.min(bits - 1, 53);
  if (base === "UUID") return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
  const size = /^FixedString\((\d+)\)$/.exec(base)?.[1];
  if (size !== void 0) return Buffer.byteLength(text) <= Number(size);
  return base === "String";
}
// src/verify/columns.ts
function evidenceIn(ground) {
  const attributes = attributesOf(ground);
  const [columns, params, literals] = [/* @__PURE__ */ new Map(), /* @__PURE__ */ new Map(), /* @__PURE__ */ new Map()];
  for (const { tenant, token } of ground.tokens) {
    for (const { fixedParams = {} } of token.scopes) {
      for (const [name, value] of Object.entries(fixedParams)) {
        const found = attributes.get(String(value))?.find((one2) => one2.tenant === tenant);
        if (found !== void 0) count(params, name, found.attribute);
      }
    }
  }
  const compared = said4(ground);
  for (const { column, values, params: names2 } of compared) {
    for (const value of values) {
      const found = attributes.get(value);
      if (found === void 0) count(literals, column, value);
      for (const { attribute } of found ?? []) count(columns, column, attribute);
    }
    for (const name of names2) {
      for (const [attribute] of params.get(name) ?? []) count(columns, column, attribute);
    }
  }
  const usual = (counts) => new Map([...counts].map(([name, found]) => [name, ranked(found)]));
  const usualColumns = usual(columns);
  const [fallback] = usualColumns.values();
  for (const { datafile } of ground.datasources.values()) {
    for (const { name } of datafile.columns) {
      if (CALLED.test(name) && !usualColumns.has(name)) usualColumns.set(name, fallback ?? ["id"]);
    }
  }
  const named = new Map(
    compared.flatMap(
      ({ column, params: names2 }) => names2.flatMap(
        (name) => usualColumns.has(column) ? [[name, usualColumns.get(column)?.[0] ?? "id"]] : []
      )
    )
  );
  const fixed = [...usual(params)].map(([name, found]) => [name, found[0] ?? "id"]);
  return { columns: usualColumns, params: new Map([...named, ...fixed]), literals: usual(literals) };
}
function said4({ pipes, tokens }) {
  const texts = /* @__PURE__ */ new Set();
  for (const { datafile } of pipes.values()) for (const { sql } of datafile.nodes) texts.add(sql);
  for (const { token } of tokens) for (const { filter } of token.scopes) if (filter) texts.add(filter);
  return [...texts].flatMap(comparisons);
}
function attributesOf({ tenants, owns }) {
  const found = /* @__PURE__ */ new Map();
  for (const tenant of tenants) {
    const vars = Object.entries(tenant.vars).flatMap(
      ([name, value]) => typeof value === "string" || typeof value === "number" ? [[name, String(value)]] : []
    );
    for (const [attribute, text] of [["id", tenant.id], ["slug", tenant.slug], ...vars]) {
      if (!owns(tenant, text)) continue;
      const same = found.get(text) ?? [];
      if (!same.some((one2) => one2.tenant === tenant)) found.set(text, [...same, { tenant, attribute }]);
    }
  }
  return found;
}
function attributeOf(tenant, attribute) {
  if (attribute === "id") return tenant.id;
  if (attribute === "slug") return tenant.slug;
  const value = tenant.vars[attribute];
  return typeof value === "string" || typeof value === "number" ? String(value) : null;
}
function count(counts, name, value) {
  const found = counts.get(name) ?? /* @__PURE__ */ new Map();
  counts.set(name, found.set(value, (found.get(value) ?? 0) + 1));
}
var ranked = (found) => [...found].toSorted((a, b) => b[1] - a[1]).map(([value]) => value);
var CALLED = /(?:^|_)(?:tenant|customer|client|org|organi[sz]ation|account|company|workspace|site|merchant|shop)(?:_?(?:id|slug|key|name|uuid))?$/i;
function tenantColumns({ columns, engine }, { columns: seen }) {
  const key = engine?.options.find(({ command }) => command === "SORTING_KEY")?.value ?? "";
  const [first] = /\w+/.exec(key) ?? [];
  const isStrong = ({ name }) => name === first || CALLED.test(name);
  const found = columns.filter(({ name }) => seen.has(name));
  const anyStrong = found.some(isStrong);
  return found.map((column) => ({
    name: column.name,
    valuesOf: (tenant) => (seen.get(column.name) ?? []).flatMap((attribute) => attributeOf(tenant, attribute) ?? []).filter((value) => holds2(column.type, value)),
    weak: anyStrong && !isStrong(column)
  }));
}
// src/live-proof/template.ts
function parametersIn(sql, given2 = /* @__PURE__ */ new Map()) {
  const { holes, branches } = readTemplated(sql);
  const off = branches.filter(({ isOn }) => isOff(isOn, given2));
  const isLive2 = ({ at }) => !off.some(({ from, to }) => from <= at && at < to);
  const all = [...holes.values()];
  const isStrict = all.some((hole) => hole.fails && isLive2(hole));
  return all.flatMap((hole) => {
    const { parameter: name } = hole;
    if (name === null || !(isStrict || isLive2(hole))) return [];
    const call = callAt(sql, hole);
    const hasDefault = !isStrict && !isRequired(call) && defaultIn(call) !== void 0;
    return [{ name, type: call[0]?.text ?? "", hasDefault }];
  });
}
function computes(sql) {
  const { holes, broken } = readTemplated(sql);
  return broken !== null || holes.values().some(({ parameter }) => parameter === null);
}
function isOff(isOn, given2) {
  try {
    return !isOn((atom) => isDefined(atom, given2));
  } catch (error) {
    if (error instanceof Unreadable) return false;
    throw error;
  }
}
function renderedSql(sql, params) {
  const templated = readTemplated(sql);
  if (templated.holes.size === 0 && templated.branches.length === 0) return templated.text;
  const text = withAnswers(templated, (atom) => isDefined(atom, params));
  return filled(sql, text, { templated, params });
}
function isDefined(atom, params) {
  const [, name] = /^defined\((\w+)\)$/.exec(atom) ?? [];
  if (name === void 0) throw new Unreadable(0, `its template asks ${atom}`);
  return params.has(name);
}
function filled(sql, text, { templated, params }) {
  const live = new Set(sqlLexemes(text).flatMap(({ kind, at }) => kind === "odd" ? [at] : []));
  let rendered2 = text;
  for (const hole of [...templated.holes.values()].toSorted((a, b) => b.at - a.at)) {
    if (rendered2.slice(hole.at, hole.end).trim() === "") continue;
    if (!live.has(hole.at)) throw new Unreadable(hole.at, "a parameter stands in quotes");
    rendered2 = rendered2.slice(0, hole.at) + literalOf2(sql, hole, params) + rendered2.slice(hole.end);
  }
  return rendered2;
}
var TEXTS4 = /^(?:String|UUID|Date|DateTime|DateTime64)$/;
var NUMBERS3 = /^(?:Float\d+|Int|Integer|U?Int\d+)$/;
function literalOf2(sql, hole, params) {
  const { parameter } = hole;
  const call = callAt(sql, hole);
  const type = call[0]?.text ?? "";
  if (parameter === null) throw new Unreadable(hole.at, "its template computes something");
  const value = params.get(parameter) ?? defaultOf(call);
  if (value === void 0) throw new Unreadable(hole.at, `the parameter ${parameter} has no value`);
  if (TEXTS4.test(type)) return (0, import_index_main_step.sqlLiteral)(value);
  if (NUMBERS3.test(type) && /^-?\d+(?:\.\d+)?$/.test(value)) return value;
  throw new Unreadable(hole.at, `the parameter ${parameter} is not written the way the server writes it`);
}
function callAt(sql, { at, end }) {
  return (0, import_index_run_telling.lexemes)(sql.slice(at + 2, end - 2));
}
var argumentsOf = (call) => call[1]?.text === "(" ? byCommas(bracket(call, 1).inner) : [];
function defaultIn(call) {
  const all = argumentsOf(call);
  const named = all.find(([name, equals]) => name?.text === "default" && equals?.text === "=");
  if (named !== void 0) return named.slice(2);
  const placed = all[call[0]?.text === "Array" ? 2 : 1];
  return placed?.[1]?.text === "=" ? void 0 : placed;
}
var isRequired = (call) => argumentsOf(call).some(([name, , value]) => name?.text === "required" && value?.text === "True");
function defaultOf(call) {
  const [only, ...more2] = defaultIn(call) ?? [];
  if (only === void 0 || more2.length > 0) return void 0;
  if (only.kind === "text") return only.value ?? void 0;
  return only.kind === "number" ? only.text : void 0;
}
// src/live-proof/tables.ts
function placesIn(sql) {
  refuseSets(sql);
  return placesOf(readQuery(sql), { sql, at: new Map(sql.map(({ at }, nth) => [at, nth])), ctes: /* @__PURE__ */ new Set() });
}
function placesOf(query, within) {
  if ("arms" in query) {
    const inside = { ...within, ctes: /* @__PURE__ */ new Set([...within.ctes, ...query.ctes.keys()]) };
    const defined = [...query.ctes].flatMap(
      ([name, one2]) => placesOf(
        one2,
        query.isRecursive ? inside : { ...inside, ctes: inside.ctes.difference(/* @__PURE__ */ new Set([name])) }
      )
    );
    return [...defined, ...[...query.arms, ...query.inner].flatMap((one2) => placesOf(one2, inside))];
  }
  const named = query.sources.flatMap(({ target, alias, at }) => {
    if (target.kind === "query") return placesOf(target.query, within);
    if (target.kind === "computed") throw new Unreadable(at, `${target.name} is no table`);
    if (within.ctes.has(target.name)) return [];
    const nth = within.at.get(at) ?? -1;
    const lexeme = within.sql[nth];
    if (lexeme === void 0 || lexeme.text !== target.name)
      throw new Unreadable(at, `${target.name} is named with its database`);
    return [
      {
        name: target.name,
        at,
        end: lexeme.end,
        isAliased: alias !== null,
        final: finalAfter(within.sql, nth)
      }
    ];
  });
  return [...named, ...query.inner.flatMap((one2) => placesOf(one2, within))];
}
function finalAfter(sql, nth) {
  const words = sql.slice(nth + 1, nth + 4);
  const place = words.findIndex((lexeme) => wordOf2(lexeme) === "FINAL");
  const isBehind = words.slice(0, Math.max(place, 0)).every((lexeme) => wordOf2(lexeme) === "AS" || isName(lexeme));
  return place === -1 || !isBehind ? null : words[place] ?? null;
}
function refuseSets(sql) {
  for (const [nth, lexeme] of sql.entries()) {
    if (wordOf2(lexeme) === "IN" && isName(sql[nth + 1]))
      throw new Unreadable(lexeme.at, "a table stands behind IN");
  }
}
// src/live-proof/twin.ts
var LONGEST2 = 5e3;
var DEEPEST2 = 30;
function twinOf(scene, pipe) {
  const node = answerNode(pipe);
  if (node === void 0) throw new Unreadable(0, "the pipe has no node");
  const held2 = /* @__PURE__ */ new Set();
  const sql = narrowed({ ...scene, held: held2 }, { pipe, node }, 0);
  if (held2.size === 0) throw new Unreadable(0, "no column of what it reads says whose a row is");
  if (sql.length > LONGEST2) throw new Unreadable(0, "over own rows alone it is longer than a query may be");
  return sql;
}
var answerNode = ({ nodes }) => nodes.find(({ type }) => type === "endpoint") ?? nodes.at(-1);
function narrowed(scene, { pipe, node }, depth) {
  if (depth > DEEPEST2) throw new Unreadable(0, "its nodes read each other too deeply");
  let sql = renderedSql(node.sql, scene.params);
  const lexemes2 = sqlLexemes(sql);
  for (const { text, kind, value, at } of lexemes2) {
    if (kind === "text" && scene.ground.datasources.has(value ?? text))
      throw new Unreadable(at, "a table is named in a text");
  }
  for (const { name, at, end, isAliased: isAliased2, final } of placesIn(lexemes2).toSorted((a, b) => b.at - a.at)) {
    const rows = rowsOf(scene, { pipe, node }, { name, depth, isFinal: final !== null });
    if (rows === null) continue;
    if (final !== null) sql = `${sql.slice(0, final.at)}${sql.slice(final.end)}`;
    sql = `${sql.slice(0, at)}(${rows})${isAliased2 ? "" : ` AS ${(0, import_index_main_step.sqlName)(name)}`}${sql.slice(end)}`;
  }
  return compact(sql).replace(/ ?;$/, "");
}
var compact = (sql) => sqlLexemes(sql).map(
  ({ at, end }, nth, all) => `${at === all[nth - 1]?.end || nth === 0 ? "" : " "}${sql.slice(at, end)}`
).join("");
function rowsOf(scene, { pipe, node }, { name, depth, isFinal }) {
  const { ground } = scene;
  const sibling = pipe.nodes.find((one2) => one2.name === name && one2 !== node);
  if (sibling !== void 0) return narrowed(scene, { pipe, node: sibling }, depth + 1);
  const other = ground.pipes.get(name)?.datafile;
  const answer2 = other === void 0 ? void 0 : answerNode(other);
  if (other !== void 0 && answer2 !== void 0)
    return narrowed(scene, { pipe: other, node: answer2 }, depth + 1);
  const table = ground.datasources.get(name)?.datafile;
  if (table === void 0) throw new Unreadable(0, `${name} is not in the project`);
  const condition = ownRows(scene, table);
  if (condition === null) return null;
  scene.held.add(name);
  return `SELECT * FROM ${(0, import_index_main_step.sqlName)(name)}${isFinal ? " FINAL" : ""} WHERE ${condition}`;
}
function ownRows({ evidence, tenant, names: names2 }, table) {
  const columns = tenantColumns(table, evidence).filter(({ weak }) => !weak);
  for (const { name, valuesOf: valuesOf2 } of columns) {
    const own = valuesOf2(tenant);
    const common = (evidence.literals.get(name) ?? []).filter((value) => !names2.has(value));
    const values = [.../* @__PURE__ */ new Set([...own, ...common])];
    if (own.length > 0) return `${(0, import_index_main_step.sqlName)(name)} IN (${values.map(import_index_main_step.sqlLiteral).join(", ")})`;
  }
  return null;
}
// src/live-proof/reads.ts
function pipeRead(pipe, scope, { ground, evidence, tenant, where }) {
  const fixed = new Map(
    Object.entries(scope.fixedParams ?? {}).map(([name, value]) => [name, String(value)])
  );
  const sent = /* @__PURE__ */ new Map();
  const reached = sqlBehind(ground, pipe);
  const parameters = reached.flatMap((sql) => parametersIn(sql, fixed));
  for (const { name, type, hasDefault } of parameters) {
    if (fixed.has(name) || hasDefault) continue;
    const attribute = evidence.params.get(name);
    const own = attribute === void 0 ? null : attributeOf(tenant, attribute);
    sent.set(name, own ?? guess(type));
  }
  const path = pathOf(`/v0/pipes/${encodeURIComponent(pipe.name)}.json`, [...sent, ...routeOf(where)]);
  const owner = ground.pipes.get(pipe.name)?.tenant?.id ?? null;
  return {
    question: { resource: pipe.name, owner, wants: "own", method: "GET", path },
    params: new Map([...sent, ...fixed]),
    guessed: sent.size > 0 || reached.some(computes)
  };
}
var sqlQuestion = (sql, { resource, owner, wants, where }) => ({
  resource,
  owner,
  wants,
  method: "GET",
  path: pathOf("/v0/sql", [["q", `${sql}
FORMAT JSON`], ...routeOf(where)])
});
var routeOf = (where) => where === null ? [] : [["__tb__deployment", where]];
function tableRead(table, { ground, evidence, tenant, names: names2, where }) {
  const condition = ownRows({ evidence, tenant, names: names2 }, table);
  const own = condition === null ? "" : `, countIf(${condition}) AS own`;
  const owner = ground.datasources.get(table.name)?.tenant?.id ?? null;
  const about = { resource: table.name, owner, wants: "own", where };
  return {
    question: sqlQuestion(`SELECT count() AS opened${own} FROM ${(0, import_index_main_step.sqlName)(table.name)}`, about),
    tells: condition !== null
  };
}
var MOST_OF_ONE = 6;
function closedReads(ground, { tenant, token }, others) {
  const open = new Set(token.scopes.map(({ resource }) => resource));
  const foreign = others.filter((other) => other !== tenant).flatMap((other) => ofOwner(ground, other));
  const shared = [...ground.datasources.values()].filter((file) => file.tenant === null);
  const tables = shared.slice(0, MOST_OF_ONE).map(({ datafile }) => datafile.name);
  const named = tables.flatMap((name) => [name, `${name}_quarantine`]);
  const questions = [...foreign, ...named.map((name) => touch(name, null))];
  return questions.filter(({ resource }) => !open.has(resource));
}
function ofOwner({ pipes, datasources }, owner) {
  const its = (files) => [...files].filter(({ tenant }) => tenant === owner);
  const endpoints = its(pipes.values()).filter(({ datafile }) => answerNode(datafile)?.type === "endpoint");
  return [
    ...endpoints.map(
      ({ datafile: { name } }) => ({
        resource: name,
        owner: owner.id,
        wants: "rows",
        method: "GET",
        path: pathOf(`/v0/pipes/${encodeURIComponent(name)}.json`)
      })
    ),
    ...its(datasources.values()).map(({ datafile }) => touch(datafile.name, owner.id))
  ].slice(0, MOST_OF_ONE);
}
var touch = (resource, owner) => sqlQuestion(`SELECT 1 FROM ${(0, import_index_main_step.sqlName)(resource)} LIMIT 1`, { resource, owner, wants: "rows", where: null });
// src/live-proof/same.ts
function jsonOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
var WORDS2 = "LIMIT|OFFSET|FETCH|SAMPLE|OVER|ANY|ASOF|DISTINCT\\s+ON";
var CALLS = "any|first_value|last_value|group_?(?:Array|UniqArray|Concat)|array_agg|arg_?(?:Min|Max)|top\\w*K|approx_top|quantile|median|histogram|deltaSum|exponential|sequence|windowFunnel|running|neighbor|row_?number|rand|generate\\w*UUID|now64|host_?name";
var LOOSE = new RegExp(`\\b(?:${WORDS2})\\b|\\b(?:${CALLS})\\w*(?=\\s*\\()`, "i");
var looseIn = (sql) => LOOSE.exec(sql)?.[0] ?? null;
// src/live-proof/evidence.ts
function comparedIn(ground) {
  const evidence = evidenceIn(ground);
  const values = new Set(ground.tenants.flatMap((tenant) => textsOf2(ground, tenant)));
  const fixed = fixedIn(ground);
  const all = textsIn(ground).flatMap(comparisons);
  const columns = new Set(
    all.flatMap(
      ({ column, values: said5, params: params2 }) => said5.some((value) => values.has(value)) || params2.some((name) => fixed.has(name)) ? [column] : []
    )
  );
  const params = new Set(all.flatMap(({ column, params: names2 }) => columns.has(column) ? names2 : []));
  return {
    ...evidence,
    columns: new Map([...evidence.columns].filter(([name]) => columns.has(name))),
    params: new Map([...evidence.params].filter(([name]) => fixed.has(name) || params.has(name)))
  };
}
var Named = (0, import_index_main_step.object)({ data: (0, import_index_main_step.tuple)([(0, import_index_main_step.object)({ n: import_index_generations_run.whole })]) });
var MOST_NAMES = 50;
var MOST_TABLES = 20;
async function evidenceFor(ask, ground, where) {
  const compared = comparedIn(ground);
  const columns = new Map(compared.columns);
  const called = evidenceIn(ground);
  const names2 = new Set(ground.tenants.flatMap(({ id, slug }) => [id, slug]));
  const list2 = [...names2].slice(0, MOST_NAMES).map(import_index_main_step.sqlLiteral).join(", ");
  const shared = [...ground.datasources.values()].filter(({ tenant }) => tenant === null);
  for (const { datafile } of shared.slice(0, MOST_TABLES)) {
    if (tenantColumns(datafile, { columns }).length > 0) continue;
    const [likely] = tenantColumns(datafile, called).filter(({ weak }) => !weak);
    if (likely === void 0 || list2 === "") continue;
    const text = `toString(${(0, import_index_main_step.sqlName)(likely.name)})`;
    const sql = `SELECT uniqExactIf(${text}, ${text} IN (${list2})) AS n FROM ${(0, import_index_main_step.sqlName)(datafile.name)}`;
    const about = { resource: datafile.name, owner: null, wants: "own", where };
    const answer2 = await ask(sqlQuestion(sql, about).path, null);
    const named = Named.safeParse(jsonOf(answer2.text));
    if (isAnswered(answer2) && named.success && named.data.data[0].n > 1)
      columns.set(likely.name, ["id", "slug"]);
  }
  return { ...compared, columns };
}
var textsOf2 = ({ owns }, tenant) => [tenant.id, tenant.slug, ...Object.values(tenant.vars)].flatMap(
  (value) => (typeof value === "string" || typeof value === "number") && owns(tenant, value) ? [String(value)] : []
);
var fixedIn = ({ tokens, owns }) => new Set(
  tokens.flatMap(
    ({ tenant, token }) => token.scopes.flatMap(
      ({ fixedParams = {} }) => Object.entries(fixedParams).flatMap(([name, value]) => owns(tenant, String(value)) ? [name] : [])
    )
  )
);
var textsIn = ({ pipes, tokens }) => [
  .../* @__PURE__ */ new Set([
    ...[...pipes.values()].flatMap(({ datafile }) => datafile.nodes.map(({ sql }) => sql)),
    ...tokens.flatMap(({ token }) => token.scopes.flatMap(({ filter }) => filter ?? []))
  ])
];
// src/live-proof/holders.ts
var LIFE_S = 600;
var TRIES2 = 3;
var PAUSE_MS = 500;
async function liveTokens({ connection, clock }, needed) {
  for (let tries = 1; ; tries += 1) {
    const tokens = Map.groupBy(await connection.reader.tokens(), ({ name }) => firstOf(name));
    if (tries === TRIES2 || needed.every(({ token }) => tokens.has(token.name))) return tokens;
    await clock.sleep(PAUSE_MS);
  }
}
async function holdersOf({ isWhole, ...one2 }, live, handing) {
  if (live === null || one2.token.via === "jwt") {
    const value = await mintedFor(one2, handing);
    return value === null ? [] : [{ ...one2, isWhole, value }];
  }
  const its = live.get(one2.token.name) ?? [];
  if (its.length === 0) sayMissing(one2, handing, isWhole);
  const holders = its.flatMap(({ value }) => value === null ? [] : [{ ...one2, isWhole, value }]);
  if (holders.length < its.length)
    handing.findings.notTried.add("tokens whose values the token of this run may not see");
  return holders;
}
function sayMissing({ tenant, role, token }, { findings }, whole2) {
  if (!whole2) return void findings.notTried.add(`${tenant.id}/${role}: the workspace has no such token yet`);
  const why = "the workspace has no such token";
  findings.refusedOwn.set(`${tenant.id} ${role}`, {
    tenant: tenant.id,
    role,
    resource: token.name,
    why,
    curl: ""
  });
}
async function mintedFor(one2, { connection, clock, findings }) {
  const { tenant, role, token } = one2;
  const scopes = token.scopes.filter(({ type }) => type !== "DATASOURCES:APPEND");
  const mintable = scopes.every(({ type }) => type === "PIPES:READ") || connection.workspace.generation === "forward";
  if (scopes.length === 0 || !mintable) return null;
  const expiresAt = Math.floor(clock.now() / 1e3) + LIFE_S;
  try {
    return await connection.writer.mintJwt({
      name: `${token.name}_verify`,
      expiresAt,
      scopes,
      rps: null
    });
  } catch (error) {
    if (!(error instanceof import_index_main_step.ApiError)) throw error;
    findings.notTried.add(
      `${tenant.id}/${role}: no JWT could be minted for it (${error.status ?? "no answer"})`
    );
    return null;
  }
}
// src/live-proof/steady.ts
var MOST_TABLES2 = 50;
var Counted = (0, import_index_main_step.object)({ data: (0, import_index_main_step.tuple)([(0, import_index_main_step.object)({ n: import_index_generations_run.whole })]) });
async function countsIn(ask, tables, where) {
  const counts = /* @__PURE__ */ new Map();
  const names2 = tables.slice(0, MOST_TABLES2).flatMap((name) => [name, `${name}_quarantine`]);
  await Promise.all(
    names2.map(async (resource) => {
      const about = { resource, owner: null, wants: "own", where };
      const answer2 = await ask(
        sqlQuestion(`SELECT count() AS n FROM ${(0, import_index_main_step.sqlName)(resource)}`, about).path,
        null
      );
      const counted = Counted.safeParse(jsonOf(answer2.text));
      if (isAnswered(answer2) && counted.success) counts.set(resource, counted.data.data[0].n);
    })
  );
  return counts;
}
var LEAST = (before) => before * 0.99 - 100;
var MOST3 = (before) => before * 1.1 + 1e3;
var keepsRows = ({ engine }) => engine === null || /^(?:Null|MergeTree)$/.test(engine.type);
var mergingIn = (tables) => new Set([...tables].flatMap((table) => keepsRows(table) ? [] : [table.name]));
function unsteady(before, after2, merging = /* @__PURE__ */ new Set()) {
  return [...before].flatMap(([name, rows]) => {
    const now = after2.get(name);
    const isRejected = name.endsWith("_quarantine");
    if (isRejected && (now === void 0 || now === 0)) return [];
    if (now === void 0) return [`${name} has ${(0, import_index_run_telling.grouped)(rows)} rows and does not answer`];
    const isGone = rows > 0 && now === 0;
    if (isGone || now < LEAST(rows) && !merging.has(name))
      return [`${name} falls from ${(0, import_index_run_telling.grouped)(rows)} to ${(0, import_index_run_telling.grouped)(now)} rows`];
    const hasJumped = now > MOST3(rows) && !merging.has(name);
    return hasJumped ? [`${name} jumps from ${(0, import_index_run_telling.grouped)(rows)} to ${(0, import_index_run_telling.grouped)(now)} rows`] : [];
  });
}
async function watch(ask, { tables, beside, where, lossy }) {
  const merging = mergingIn(tables);
  const names2 = tables.map(({ name }) => name);
  const before = beside === null ? /* @__PURE__ */ new Map() : await countsIn(ask, names2, beside.where);
  const now = await countsIn(ask, names2, where);
  const suspects = [...before].filter(
    ([name, rows]) => !lossy.has(name) && unsteady(/* @__PURE__ */ new Map([[name, rows]]), now, merging).length > 0
  );
  if (suspects.length === 0 || beside === null) return { now, moved: [] };
  const tried = [...new Set(suspects.map(([name]) => name.replace(/_quarantine$/, "")))];
  const again = await countsIn(ask, tried, beside.where);
  const silent = tried.filter((name) => !now.has(name));
  const late = silent.length === 0 ? [] : await countsIn(ask, silent, where);
  const counted = new Map([...late, ...now]);
  const nearest = suspects.flatMap(([name, rows]) => {
    const later = again.get(name);
    const [low = 0, high = 0] = [rows, later ?? rows].toSorted((a, b) => a - b);
    return later === void 0 ? [] : [[name, Math.min(high, Math.max(low, counted.get(name) ?? high))]];
  });
  return { now, moved: unsteady(new Map(nearest), counted, merging) };
}
// src/live-proof/apart.ts
var Rows = (0, import_index_main_step.object)({ data: (0, import_index_main_step.array)((0, import_index_main_step.record)((0, import_index_main_step.string)(), (0, import_index_main_step.unknown)())) });
function totalsOf(answer2) {
  const parsed = isAnswered(answer2) ? Rows.safeParse(jsonOf(answer2.text)) : null;
  if (parsed?.success !== true) return null;
  const { data } = parsed.data;
  const totals = /* @__PURE__ */ new Map([["", data.length]]);
  for (const row of data) {
    for (const [column, value] of Object.entries(row)) {
      const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
      if (typeof number === "number") totals.set(column, (totals.get(column) ?? 0) + number);
    }
  }
  return totals;
}
var FAR = 20;
function isApart(answer2, [before, after2]) {
  const [said5, first, last] = [totalsOf(answer2), totalsOf(before), totalsOf(after2)];
  if (said5 === null || first === null || last === null) return false;
  return said5.entries().some(([column, total]) => {
    const [low = 0, high = 0] = [first.get(column) ?? 0, last.get(column) ?? 0].toSorted((a, b) => a - b);
    const beyond2 = Math.max(low - total, total - high);
    return beyond2 > FAR * (high - low) && beyond2 > Math.max(Math.abs(low), Math.abs(high)) / 10 && beyond2 > 1;
  });
}
// src/live-proof/trial.ts
async function tryOwn(trial, holder) {
  const { ground, findings } = trial;
  for (const scope of holder.token.scopes) {
    const pipe = ground.pipes.get(scope.resource)?.datafile;
    const type = pipe === void 0 ? void 0 : answerNode(pipe)?.type;
    const table = ground.datasources.get(scope.resource)?.datafile;
    if (scope.type === "DATASOURCES:APPEND")
      findings.notTried.add("appending: nothing is written to what is live");
    else if (type !== void 0 && type !== "endpoint" && type !== "standard")
      findings.notTried.add(`${scope.resource}, which is no endpoint`);
    else if (scope.type === "PIPES:READ" && pipe !== void 0) await tryPipe(trial, holder, { scope, pipe });
    else if (scope.type === "DATASOURCES:READ" && table !== void 0) await tryTable(trial, holder, table);
    else findings.notTried.add(`${scope.resource}, which is not in the repository`);
  }
}
async function put(trial, holder, question) {
  const answer2 = await trial.ask(question.path, holder.value);
  trial.findings.see({ held: holder, question, answer: answer2 });
  return answer2;
}
var PAUSES_MS = [200, 1e3];
async function putOwn(trial, holder, read2) {
  const { question, guessed } = read2;
  const { findings, clock } = trial;
  let answer2 = await put(trial, holder, question);
  for (const pause of PAUSES_MS) {
    if (isAnswered(answer2) || answer2.status === 400) break;
    await clock.sleep(pause);
    answer2 = await put(trial, holder, question);
  }
  if (!holder.isWhole && answer2.status === 404)
    findings.notTried.add(`${question.resource}, which the workspace does not have yet`);
  else findings.own({ held: holder, question, answer: answer2 }, guessed);
  return answer2;
}
var asking = ({ ground, evidence, names: names2, where }, { tenant }) => ({
  ground,
  evidence,
  names: names2,
  where,
  tenant
});
async function tryPipe(trial, holder, { scope, pipe }) {
  const read2 = pipeRead(pipe, scope, asking(trial, holder));
  const { question } = read2;
  const answer2 = await putOwn(trial, holder, read2);
  if (!isAnswered(answer2)) return;
  if (answer2.status === import_index_main_step.TOO_LARGE)
    return void trial.findings.notes.add(`${pipe.name} answered with more than is compared`);
  const of = othersNamed(trial, holder.tenant, answer2);
  if (of.length > 0) {
    trial.findings.leak({ held: holder, question }, { kind: "rows", of, why: "the answer names them" });
  } else await compare2(trial, holder, { pipe, read: read2, answer: answer2 });
}
var Rows2 = (0, import_index_main_step.object)({ data: (0, import_index_main_step.array)((0, import_index_main_step.record)((0, import_index_main_step.string)(), (0, import_index_main_step.unknown)())) });
function othersNamed({ evidence, ground, names: names2 }, tenant, { text }) {
  const found = /* @__PURE__ */ new Set();
  const parsed = Rows2.safeParse(jsonOf(text));
  for (const row of parsed.success ? parsed.data.data : []) {
    for (const [column, value] of Object.entries(row)) {
      if (!evidence.columns.has(column) || typeof value !== "string" && typeof value !== "number") continue;
      const owner = names2.get(String(value));
      if (owner !== void 0 && owner !== tenant.id && !ground.owns(tenant, value)) found.add(owner);
    }
  }
  return [...found].sort();
}
var TRIES3 = 5;
var STILL = 2;
var PAUSE_MS2 = 400;
async function compare2(trial, holder, { pipe, read: read2, answer: answer2 }) {
  const { findings } = trial;
  const unknown4 = (why2) => findings.notes.add(`what ${pipe.name} counts was not held against own rows alone: ${why2}`);
  const twin = twinFor(trial, holder, { pipe, read: read2, answer: answer2 });
  if (twin instanceof Unreadable) return void unknown4(twin.message);
  const about = { resource: pipe.name, owner: null, wants: "own", where: trial.where };
  const { path } = sqlQuestion(twin, about);
  const alone = async () => trial.ask(path, null);
  const loose = looseIn(twin);
  let [before, still, apart] = [contentOf(answer2), 0, 0];
  for (let tries = 0; tries < TRIES3 && still < STILL; tries += 1) {
    if (tries > 0) await trial.clock.sleep(PAUSE_MS2);
    const own = await alone();
    if (!isAnswered(own)) return void unknown4(`the workspace answered ${own.status} to that`);
    const now = await put(trial, holder, read2.question);
    const after2 = contentOf(now);
    if (contentOf(own) === before || contentOf(own) === after2) return;
    if (loose !== null) return void unknown4(`it has ${loose}, so that two answers may differ`);
    const again = await alone();
    if (before === after2 && contentOf(again) === contentOf(own)) still += 1;
    if (isApart(now, [own, again])) apart += 1;
    before = after2;
  }
  if (still < STILL && apart < TRIES3) return void unknown4("it changes too fast");
  const why = "the answer is not what its own rows alone would give";
  findings.leak({ held: holder, question: read2.question }, { kind: "counts", of: [], why });
}
function twinFor({ ground, evidence, names: names2 }, { tenant }, { pipe, read: read2 }) {
  try {
    return twinOf({ ground, evidence, names: names2, tenant, params: read2.params }, pipe);
  } catch (error) {
    if (error instanceof Unreadable) return error;
    throw error;
  }
}
var Opened = (0, import_index_main_step.object)({ data: (0, import_index_main_step.tuple)([(0, import_index_main_step.object)({ opened: import_index_generations_run.whole, own: import_index_generations_run.whole.optional() })]) });
async function tryTable(trial, holder, table) {
  const { question, tells } = tableRead(table, asking(trial, holder));
  const answer2 = await putOwn(trial, holder, { question, guessed: false });
  const parsed = Opened.safeParse(jsonOf(answer2.text));
  if (!isAnswered(answer2) || !parsed.success) return;
  if (!tells) return void trial.findings.notes.add(`no column of ${table.name} says whose a row is`);
  const { opened: opened2, own = 0 } = parsed.data.data[0];
  if (opened2 === own) return;
  const why = `of ${opened2} rows that it opens, ${own} are its own`;
  trial.findings.leak({ held: holder, question }, { kind: "rows", of: [], why });
}
async function tryOthers(trial, holder, others) {
  for (const question of closedReads(trial.ground, holder, others)) {
    const answer2 = await put(trial, holder, question);
    if (!isAnswered(answer2) || question.owner !== null) continue;
    const why = "no scope of the token opens it, and it answered";
    trial.findings.leak({ held: holder, question }, { kind: "resource", of: [], why });
  }
}
// src/live-proof/prover.ts
function createProver(options) {
  let proof = null;
  return {
    prove: async (round) => {
      const found = await prove(options, round);
      proof = proof === null ? found : joined(proof, found);
      return found;
    },
    get proof() {
      return proof;
    }
  };
}
async function prove({ sources, connection, clock, say }, round) {
  const { where, tenants, others = false } = round;
  const { generation } = connection.workspace;
  const chosen = chosenFrom(sources.fleet, { first: tenants, others });
  const only = new Set([...chosen.tried, ...chosen.others].map(({ id }) => id));
  const ground = groundOf3(sources, generation, (0, import_index_main_step.onlyTenants)([...only], sources.fleet));
  const findings = new Findings2(ground);
  say(
    `Verifying ${(0, import_index_run_telling.plural)(chosen.tried.length, "tenant")} ${where === null ? "live" : `on deployment ${where}`}`
  );
  const asked = new Set(chosen.tried);
  const held2 = ground.tokens.filter(({ tenant }) => asked.has(tenant));
  const isWhole = ({ id }) => round.whole && (tenants?.has(id) ?? true);
  const handing = { connection, clock, findings };
  const needed = held2.filter(({ tenant, token }) => token.via !== "jwt" && isWhole(tenant));
  const live = where === null ? await liveTokens(handing, needed) : null;
  const evidence = await evidenceFor(connection.ask, ground, where);
  const names2 = namesIn4(sources.fleet);
  const trial = { ask: connection.ask, clock, ground, evidence, names: names2, where, findings };
  const turn2 = (0, import_index_main_step.createLimit)(connection.concurrency);
  const tryOne = async (one2) => {
    for (const holder of await holdersOf({ ...one2, isWhole: isWhole(one2.tenant) }, live, handing)) {
      await tryOwn(trial, holder);
      if (where === null && chosen.askers.has(one2.tenant)) await tryOthers(trial, holder, chosen.others);
    }
  };
  await Promise.all(held2.map((one2) => turn2(() => tryOne(one2))));
  const moved = await movedIn(connection, { ground, findings, round });
  return {
    ...told2(chosen, ground, findings),
    fleet: sources.fleet.name,
    moved
  };
}
function told2(chosen, ground, findings) {
  return {
    generation: ground.generation,
    tried: findings.tried,
    answered: findings.answered,
    leaks: (0, import_index_run_telling.sorted)([...findings.leaks.values()]),
    refusedOwn: [...findings.refusedOwn.values()],
    tenants: chosen.tried.length,
    resources: new Set([...findings.asked.values()].flatMap((asked) => [...asked])).size,
    findings: [],
    sampled: chosen.sampled,
    notTried: [...findings.notTried],
    notes: [...findings.notes],
    matrix: matrixOf({ ...ground, tenants: chosen.tried }, findings)
  };
}
var namesIn4 = ({ tenants }) => new Map(tenants.flatMap(({ id, slug }) => [[id, id], [slug, id]]));
async function movedIn({ ask }, { ground, findings, round }) {
  const shared = [...ground.datasources.values()].filter(({ tenant }) => tenant === null);
  const { now, moved } = await watch(ask, { ...round, tables: shared.map(({ datafile }) => datafile) });
  if (now.size > 0 && [...now.values()].every((rows) => rows === 0))
    findings.notes.add("the tables that all share have no rows yet: nothing is shown of what answers count");
  return moved;
}
// src/live-proof/proving.ts
var proverFor = ({ sources, connection }, { clock, say }) => createProver({ sources, connection, clock, say });
async function provenNow(asked, { plan: plan2, whole: whole2 }, at) {
  const round = {
    where: null,
    beside: null,
    tenants: asked.only,
    lossy: /* @__PURE__ */ new Set(),
    whole: false
  };
  const proof = await proverFor(asked, at).prove(round);
  const stop = (0, import_index_run_telling.isProven)(proof) ? null : new import_index_main_step.Stop(
    "not-proven",
    `Isolation could not be shown on what is live: ${disproof(proof)}. Nothing was changed.`
  );
  const notes = (0, import_index_run_telling.driftNotes)(whole2);
  return { plan: { ...plan2, steps: [], unchanged: 0, orphans: [], conflicts: [] }, proof, notes, stop };
}
// src/mint.ts
async function mintDue(asked, { plan: plan2, outcomes, situation }, { clock, needed }) {
  const planned = changesOf(plan2, "tokens");
  const due = /* @__PURE__ */ new Map();
  for (const change of planned)
    if (change.action !== "delete") due.set(change.key, { desired: change.after, action: change.action });
  const inFile2 = asked.handout.tokensFile !== null ? allJwts(asked) : [];
  const held2 = heldBack2({ plan: plan2, outcomes }, [...situation.desired, ...inFile2]);
  const inSecrets = situation.desired.filter((one2) => isJwt(one2) && needed.has(one2.resource.name));
  for (const desired of [...inFile2, ...inSecrets])
    if (!due.has(desired.key)) due.set(desired.key, { desired, action: "update" });
  const may = [...due.values()].filter(
    ({ desired: { resource } }) => needed.has(resource.name) || !held2.has(resource.name)
  );
  const { issued, outcomes: minted } = await mint(may, { writer: asked.connection.writer, clock });
  const byKey = new Map(minted.map((outcome) => [outcome.key, outcome]));
  const settled4 = planned.map(({ key, tenant, action }) => {
    if (action === "delete") return { key, tenant, action, result: "applied" };
    return byKey.get(key) ?? {
      key,
      tenant,
      action,
      result: "skipped",
      because: "a change that it depends on was not carried out"
    };
  });
  const extra = minted.filter(
    ({ key, result }) => result === "failed" && !planned.some((change) => change.key === key)
  );
  return { issued, outcomes: [...settled4, ...extra] };
}
function heldBack2({ plan: plan2, outcomes }, desired) {
  const undone = undoneOf(outcomes);
  const unready = unreadyOf(outcomes);
  const renewed = new Set(
    changesOf(plan2, "tokens").filter(import_index_run_telling.isRenewal).map(({ key }) => key)
  );
  const held2 = desired.filter(isJwt).filter((one2) => !renewed.has(one2.key) && (undone.has(one2.tenant) || opens(one2, unready)));
  return new Set(held2.map(({ resource }) => resource.name));
}
var unreadyOf = (outcomes) => new Set(outcomes.flatMap(({ key, result }) => result === "applied" ? [] : [(0, import_index_main_step.nameOf)(key)]));
var opens = ({ resource }, names2) => resource.kind === "token" && resource.scopes.some((scope) => names2.has(scope.resource));
function allJwts({ sources, connection, only }) {
  const all = desiredOf(sources, connection.workspace.generation);
  if (!all.ok) return [];
  return all.value.resources.filter((one2) => isJwt(one2) && (only === null || only.has(one2.tenant ?? "")));
}
var undoneOf = (outcomes) => new Set(outcomes.flatMap(({ tenant, result }) => result === "applied" ? [] : [tenant]));
async function mint(due, { writer, clock }) {
  const now = Math.floor(clock.now() / 1e3);
  const results = await Promise.all(
    due.map(async ({ desired, action }) => {
      const { key, tenant } = desired;
      try {
        const issued = await mintOne(desired, { writer, now });
        return { issued, outcome: { key, tenant, action, result: "applied" } };
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        return { issued: [], outcome: { key, tenant, action, result: "failed", error: message } };
      }
    })
  );
  return { issued: results.flatMap(({ issued }) => issued), outcomes: results.map(({ outcome }) => outcome) };
}
async function mintOne({ resource, tenant, role }, { writer, now }) {
  if (resource.kind !== "token" || tenant === null || role === null) return [];
  const expires = now + resource.ttl;
  const value = await writer.mintJwt(requestOf(resource, expires));
  return [
    {
      tenant,
      role,
      name: resource.name,
      id: resource.name,
      value,
      jwt: { claims: (0, import_index_run_telling.claimsHash)(resource), expires }
    }
  ];
}
var requestOf = (token, expiresAt) => ({
  name: token.name,
  expiresAt,
  scopes: token.scopes,
  rps: token.rps
});
// src/github/wanted.ts
function freshness(wanted, { entry, now }) {
  switch (wanted.via) {
    case "static":
      if (entry.jwt === null && entry.fingerprint === wanted.fingerprint) return "unchanged";
      return isRotated(wanted.slot, entry) ? "renewal" : "changed";
    case "jwt":
      if (entry.jwt?.claims !== wanted.claims) return "changed";
      return isDue(entry.jwt.expires, wanted.ttl, now) ? "renewal" : "unchanged";
    case "bucket": {
      const { ttl, same } = wanted.jwts;
      if (entry.jwt !== null && ttl !== null && isDue(entry.jwt.expires, ttl, now)) return "renewal";
      if (wanted.fingerprint !== entry.fingerprint && isRotated(wanted.slot, entry)) return "renewal";
      return same && wanted.fingerprint === entry.fingerprint ? "unchanged" : "changed";
    }
    default:
      return (0, import_index_main_step.assertNever)(wanted);
  }
}
var isDue = (expires, ttl, now) => expires - now <= ttl / 3;
var isRotated = (slot, { switched }) => (slot ?? 0) > (switched?.slot ?? 0);
function unfinished(wanted, entry) {
  switch (wanted.via) {
    case "static":
      return isRotated(wanted.slot, entry) ? "renewal" : "unfinished";
    case "jwt":
      return entry.jwt?.claims === wanted.claims ? "renewal" : "unfinished";
    case "bucket":
      return entry.fingerprint === null ? "unfinished" : "renewal";
    default:
      return (0, import_index_main_step.assertNever)(wanted);
  }
}
// src/github/changes.ts
var NO_ENTRIES = /* @__PURE__ */ new Map();
function secretChanges(asked) {
  const { ledger, wanted, adopt } = asked;
  if (ledger.kind === "unknown" && !adopt) {
    const reason = `the ledger cannot be read: ${ledger.reason}`;
    const conflicts2 = wanted.map(({ name }) => ({ name, reason }));
    return { writes: [], deletes: [], conflicts: conflicts2, unchanged: [], forgotten: [] };
  }
  const entries = ledger.kind === "present" ? ledger.ledger.get(asked.target) ?? NO_ENTRIES : NO_ENTRIES;
  const existing = new Set(asked.existing.map((name) => name.toUpperCase()));
  const names2 = new Set(wanted.map(({ name }) => name));
  const unwanted = asked.unwanted.map((one2) => typeof one2 === "string" ? { name: one2 } : one2).filter(({ name }) => entries.has(name) && !names2.has(name));
  const decided = wanted.map((secret) => {
    const known2 = { entry: entries.get(secret.name), exists: existing.has(secret.name) };
    return decision(secret, { ...known2, adopt, now: asked.now });
  });
  return {
    writes: decided.flatMap(({ write: write2 }) => write2 ?? []),
    deletes: unwanted.filter(({ name }) => existing.has(name)).map((one2) => ({ ...one2, expires: endOf(entries.get(one2.name)) })),
    conflicts: decided.flatMap(({ conflict }) => conflict ?? []),
    unchanged: decided.flatMap(({ unchanged }) => unchanged ?? []),
    forgotten: unwanted.flatMap(({ name }) => existing.has(name) ? [] : [name])
  };
}
var endOf = (entry) => entry?.jwt?.latest ?? entry?.jwt?.expires ?? null;
var CONFLICT = "a secret of this name exists and is not in the ledger, so it is somebody else\u2019s: delete it, choose another `secret-prefix`, or set `adopt`";
function decision(wanted, known2) {
  const { name, tenant } = wanted;
  const decided = decide(wanted, known2);
  if (decided === "conflict") return { conflict: { name, reason: CONFLICT } };
  if (decided === "unchanged") return { unchanged: name };
  if (wanted.via !== "bucket" || wanted.barred === null) return { write: { name, tenant, reason: decided } };
  const conflict = { name, reason: wanted.barred };
  return { conflict: decided === "renewal" ? { ...conflict, renewal: true } : conflict };
}
function decide(wanted, known2) {
  const { entry, exists } = known2;
  if (entry === void 0) {
    if (!exists) return "new";
    return known2.adopt ? "adopted" : "conflict";
  }
  if (entry.pending) return unfinished(wanted, entry);
  if (!exists) return "missing";
  return wanted.renew === true ? "renewal" : freshness(wanted, { entry, now: known2.now });
}
// src/secrets/due.ts
function secretsDue(vault, asked) {
  const entries = entriesOf2(vault);
  const { layout, prefix, former } = asked.keeping;
  const after2 = layout === "packed" ? afterPacking : afterUnpacking;
  const all = contentsOf({ ...asked, layout, prefix, former, entries });
  const contents = new Map(all.map((content) => [content.name, content]));
  const changes = secretChanges({
    wanted: all.filter(isHeld).map((content) => wantedOf2(content, asked.renewed)),
    unwanted: after2(vault, asked, all),
    ledger: vault.ledger,
    target: targetName(vault.target),
    existing: vault.existing,
    adopt: asked.adopt,
    now: asked.now
  });
  return { changes: asked.tokensOnly ? ofTokens(changes, contents) : changes, contents };
}
var isHeld = ({ parts, barred }) => parts.length > 0 || barred !== null;
function wantedOf2({ name, tenant, parts, same, barred }, renewed) {
  const renew = parts.some((part2) => part2.kind === "jwt" && renewed.has(part2.name));
  const statics = parts.filter((part2) => part2.kind === "static");
  const ttls = parts.flatMap((part2) => part2.kind === "jwt" ? [part2.ttl] : []);
  const slot = slotOf(parts) ?? 0;
  if (tenant === null) {
    const jwts = { same, ttl: ttls.length > 0 ? Math.min(...ttls) : null };
    return {
      name,
      tenant,
      via: "bucket",
      fingerprint: staticsPrint(name, statics),
      slot,
      jwts,
      barred,
      renew
    };
  }
  const [part] = parts;
  if (part?.kind === "jwt") return { name, tenant, via: "jwt", claims: part.claims, ttl: part.ttl, renew };
  const value = part?.value ?? null;
  return { name, tenant, via: "static", fingerprint: value === null ? null : fingerprint(name, value), slot };
}
function staticsPrint(name, parts) {
  const values = parts.flatMap(
    ({ tenant, role, value }) => value === null ? [] : [{ tenant, role, value: value.reveal() }]
  );
  return values.length < parts.length ? null : fingerprint(name, new import_index_main_step.Secret(bucketText(values)));
}
function slotOf(parts) {
  const slots = parts.flatMap((part) => part.kind === "static" ? [slotTime(part.name)] : []);
  return slots.length > 0 ? slots.reduce((one2, other) => Math.max(one2, other)) : null;
}
function ofTokens(changes, contents) {
  const isStatic = (name) => contents.get(name)?.parts.every((part) => part.kind === "static" && part.value !== null) ?? false;
  return {
    ...changes,
    writes: changes.writes.filter(
      ({ name, reason }) => reason === "renewal" || reason !== "new" && reason !== "adopted" && isStatic(name)
    ),
    deletes: [],
    conflicts: changes.conflicts.filter(({ renewal }) => renewal),
    forgotten: []
  };
}
function mayGo({ fleet, only, prune }) {
  const listed = new Set(fleet.tenants.map(({ id }) => id));
  return (tenant) => (only?.has(tenant) ?? true) && (listed.has(tenant) || prune);
}
function afterPacking(vault, asked, contents) {
  const { prefix } = asked.keeping;
  const may = mayGo(asked);
  const moved = new Set(contents.flatMap(({ parts }) => parts.map(({ name }) => ownName(prefix, name))));
  const ours = new Set(bucketNames(prefix));
  const empty = new Set(contents.filter((content) => isOver(content, asked)).map(({ name }) => name));
  return [...entriesOf2(vault)].flatMap(([name, { tenant }]) => {
    if (tenant !== null) {
      if (moved.has(name)) return [{ name, homes: [bucketName(prefix, bucketOf(tenant))] }];
      return may(tenant) ? [{ name }] : [];
    }
    if (ours.has(name)) return empty.has(name) ? [{ name }] : [];
    return asked.only === null ? [{ name, homes: [bucketName(prefix, numberOf(name))] }] : [];
  });
}
var isOver = ({ parts, barred, dropped }, { prune, now }) => parts.length === 0 && barred === null && (prune || dropped.strangers === 0 || (dropped.until ?? 0) <= now);
function afterUnpacking(vault, asked, contents) {
  const may = mayGo(asked);
  const { prefix, former } = asked.keeping;
  const entries = entriesOf2(vault);
  const homes = Map.groupBy(contents, ({ tenant }) => bucketOf(tenant ?? ""));
  const out = outBuckets({ ...asked, entries, prefix, former });
  const wanted = new Set(asked.desired.map(({ resource }) => resource.name));
  return [...entries].flatMap(([name, { tenant }]) => {
    if (tenant !== null) return may(tenant) ? [{ name }] : [];
    const number = numberOf(name);
    const own = (homes.get(number) ?? []).map((home) => home.name);
    const isLeft = (token) => wanted.has(token) && !own.includes(ownName(prefix, token));
    return [...out.get(number)?.jwts.keys() ?? []].some(isLeft) ? [] : [{ name, homes: own }];
  });
}
var numberOf = (name) => Number(/BUCKET_(\d\d)$/.exec(name)?.[1] ?? 0);
// src/secrets/room.ts
var WAYS = "Ways out: give a part of the tenants a list of its own with an environment of its own (`secrets: environment:NAME`), hand values out with `secrets: none` and `tokens-file`, or let your backend mint them (`mintToken` of tinybird-tenants)";
function refuseOverflow(vault, asked) {
  const { changes } = asked.due;
  const existing = new Set(vault.existing);
  const more2 = changes.writes.filter(({ name }) => !existing.has(name)).length;
  const full = roomFor(vault.target, { existing: existing.size - changes.deletes.length, more: more2 });
  if (full !== null) throw new import_index_main_step.Stop("quota", `${full}. ${waysFrom(asked.due)}. Nothing was sent.`);
  refuseLargeBuckets(asked);
  refuseLargeLedger(vault, asked);
}
var waysFrom = ({ contents }) => [...contents.values()].some(({ tenant }) => tenant === null) ? WAYS : WAYS.replace("Ways out: ", "Ways out: `secret-layout: packed`, ");
function refuseLargeBuckets({ due, desired, tokens }) {
  const sizeOf = valueSizes(desired, tokens);
  const buckets = due.changes.writes.flatMap(({ name }) => {
    const content = due.contents.get(name);
    if (content === void 0 || content.tenant !== null) return [];
    return [{ name, tokens: content.parts.length, bytes: bytesOf(content, sizeOf) }];
  });
  const [largest] = buckets.toSorted((one2, other) => other.bytes - one2.bytes);
  if (largest === void 0 || largest.bytes <= MOST_BYTES2) return;
  const sum = (of) => buckets.reduce((total, one2) => total + one2[of], 0);
  const [count2, bytes] = [sum("tokens"), sum("bytes")];
  throw new import_index_main_step.Stop(
    "quota",
    `The values do not fit into secrets: ${(0, import_index_run_telling.plural)(count2, "token")} of about ${(0, import_index_run_telling.grouped)(Math.round(bytes / count2))} bytes each make ${(0, import_index_run_telling.plural)(buckets.length, "bucket")} of ${(0, import_index_run_telling.grouped)(bytes)} bytes together, ${largest.name} alone ${(0, import_index_run_telling.grouped)(largest.bytes)}; GitHub takes ${(0, import_index_run_telling.grouped)(MOST_BYTES2)} a secret. ${WAYS}. Nothing was sent.`
  );
}
var bytesOf = ({ parts }, sizeOf) => Buffer.byteLength(bucketText(parts.map((part) => ({ ...part, value: "x".repeat(sizeOf(part)) }))));
var USUAL_STATIC = 200;
var JWT_FRAME = 36 + 43 + 2;
var JWT_PAYLOAD = { workspace_id: "x".repeat(36), exp: 9999999999 };
function valueSizes(desired, tokens) {
  const wanted = new Map(desired.map(({ resource }) => [resource.name, resource]));
  const known2 = tokens.map(({ value }) => value?.reveal().length ?? 0);
  const usual = known2.reduce((one2, other) => Math.max(one2, other), 0) || USUAL_STATIC;
  return (part) => {
    if (part.kind === "static") return part.value?.reveal().length ?? usual;
    const resource = wanted.get(part.name);
    const said5 = resource?.kind === "token" ? { scopes: resource.scopes, limits: { rps: resource.rps } } : {};
    const payload = JSON.stringify({ ...JWT_PAYLOAD, name: part.name, ...said5 });
    return JWT_FRAME + Math.ceil(Buffer.byteLength(payload) * 4 / 3);
  };
}
function refuseLargeLedger(vault, { due, fleet }) {
  const { ledger, target } = vault;
  if (due.changes.writes.length === 0) return;
  const entries = new Map(entriesOf2(vault));
  for (const { name } of due.changes.writes) {
    const content = due.contents.get(name);
    if (content !== void 0) entries.set(name, fullEntry(content));
  }
  const all = ledger.kind === "present" ? ledger.ledger : [];
  const encoded = encodeLedger(fleet, new Map(all).set(targetName(target), entries));
  if (!encoded.ok)
    throw new import_index_main_step.Stop("quota", `${encoded.problems.map(import_index_main_step.readProblem).join("; ")}. ${WAYS}. Nothing was sent.`);
}
function fullEntry({ tenant, parts }) {
  const jwts = parts.filter((part) => part.kind === "jwt");
  const [time, hash4] = [9999999999, "x".repeat(16)];
  const bucket = tenant === null ? { digest: digestOf(jwts), latest: time } : {};
  return {
    tenant,
    fingerprint: hash4,
    jwt: jwts.length > 0 ? { claims: hash4, expires: time, ...bucket } : null,
    pending: true,
    switched: { slot: time, since: time }
  };
}
// src/github/order.ts
function inOrder({ writes, deletes, unchanged, existing }) {
  const steps = deletes.flatMap(
    ({ name, homes }) => homes === void 0 ? [{ kind: "deleted", name, after: [] }] : []
  );
  let count2 = existing.size - steps.length;
  const pending = new Set(writes);
  const settled4 = /* @__PURE__ */ new Set([...writes, ...unchanged]);
  const moving = deletes.flatMap(
    ({ name, homes }) => homes?.every((home) => settled4.has(home)) ? [{ name, homes }] : []
  );
  const isMoved = (homes) => homes.every((home) => !pending.has(home));
  for (const name of writes) {
    if (!existing.has(name)) {
      if (count2 >= MOST_SECRETS) {
        const at = Math.max(
          0,
          moving.findIndex(({ homes }) => isMoved(homes))
        );
        const [gone2] = moving.splice(at, 1);
        if (gone2 !== void 0) {
          steps.push({ kind: "deleted", name: gone2.name, after: isMoved(gone2.homes) ? gone2.homes : [] });
          count2 -= 1;
        }
      }
      count2 += 1;
    }
    steps.push({ kind: "written", name, after: [] });
    pending.delete(name);
  }
  return [...steps, ...moving.map(({ name, homes }) => ({ kind: "deleted", name, after: homes }))];
}
// src/github/publish.ts
async function publishSecrets(publication) {
  const { changes, issued } = publication;
  const writes = changes.writes.filter(({ name }) => issued.has(name));
  const steps = inOrder({
    writes: writes.map(({ name }) => name),
    deletes: changes.deletes,
    unchanged: changes.unchanged,
    existing: new Set(publication.existing)
  });
  if (steps.length + changes.forgotten.length === 0) return { outcomes: [], notices: [] };
  const entries = entriesOf(publication.ledger, targetName(publication.target));
  const announced = /* @__PURE__ */ new Map();
  for (const { name, tenant } of writes) {
    const entry = entries.get(name) ?? { fingerprint: null, jwt: null, switched: null };
    announced.set(name, { ...entry, tenant, pending: true });
  }
  if (writes.length > 0) {
    const written = await changed(publication, announced);
    if (!written.ok) return { outcomes: allFailed(steps, written.failure.sentence), notices: [] };
  }
  const outcomes = await writeAndDelete(publication, steps);
  return settle3(publication, { announced, outcomes });
}
var changed = ({ client, fleet, target, ledger }, ours) => changeLedger(client, { fleet, target: targetName(target), ours, first: ledger });
async function writeAndDelete(publication, steps) {
  const { client, target, changes, progress } = publication;
  const writes = steps.some(({ kind }) => kind === "written");
  const key = writes ? await publicKeyOf(client, target) : null;
  if (key !== null && !key.ok) return allFailed(steps, key.failure.sentence);
  const outcomes = [];
  const there = new Set(changes.unchanged);
  for (const [index, { name, kind, after: after2 }] of steps.entries()) {
    if (!after2.every((home) => there.has(home))) continue;
    const answer2 = kind === "written" && key !== null ? await writeOne(publication, { name, publicKey: key.value }) : await deleteSecret(client, target, name);
    if (answer2.ok) outcomes.push({ kind, name });
    else outcomes.push({ kind: "failed", name, sentence: answer2.failure.sentence });
    if (answer2.ok) there.add(name);
    progress?.(index + 1, steps.length);
    if (!answer2.ok && (answer2.failure.status === 401 || answer2.failure.status === 403)) {
      return [...outcomes, ...allFailed(steps.slice(index + 1), `not tried: ${answer2.failure.sentence}`)];
    }
  }
  return outcomes;
}
function writeOne({ client, target, issued }, { name, publicKey }) {
  const value = issued.get(name)?.value;
  if (value === void 0) throw new Error(`no value for ${name}`);
  return writeSecret(client, { target, name, value, publicKey });
}
var allFailed = (steps, sentence) => steps.map(({ name }) => ({ kind: "failed", name, sentence }));
async function settle3(publication, at) {
  const { client, target, changes } = publication;
  const notices = [];
  const listed = await listSecretNames(client, target);
  if (!listed.ok) notices.push(`the secrets were not verified: ${listed.failure.sentence}`);
  const present = listed.ok ? new Set(listed.value) : null;
  const outcomes = at.outcomes.map((outcome) => verify(outcome, present));
  const ours = settled3(publication, { announced: at.announced, outcomes, present });
  for (const name of changes.forgotten) ours.set(name, null);
  const written = await changed(publication, ours);
  if (!written.ok) notices.push(`the next run writes these secrets again: ${written.failure.sentence}`);
  return { outcomes, notices };
}
function settled3({ issued }, {
  announced,
  outcomes,
  present
}) {
  const ours = new Map(announced);
  for (const { kind, name } of outcomes) {
    const value = issued.get(name);
    const entry = announced.get(name);
    if (kind === "deleted") ours.set(name, null);
    else if (kind === "written" && value !== void 0 && entry !== void 0) {
      ours.set(name, { ...value.entry, pending: false });
    } else if (kind === "failed" && entry?.fingerprint === null && present?.has(name) === false) {
      ours.set(name, null);
    }
  }
  return ours;
}
function verify(outcome, present) {
  if (outcome.kind !== "written" || present === null || present.has(outcome.name)) return outcome;
  const sentence = `could not write the secret ${outcome.name}: GitHub accepted it, but does not list it`;
  return { kind: "failed", name: outcome.name, sentence };
}
// src/secrets/filling.ts
function fill2(content, { minted, now, before }) {
  const { name, tenant, parts } = content;
  const valued = parts.map((part) => {
    const jwt2 = part.kind === "jwt" ? minted.get(part.name) ?? null : null;
    return { part, value: part.kind === "static" ? part.value : jwt2?.value ?? null, jwt: jwt2?.jwt ?? null };
  });
  const missing = valued.filter(({ value }) => value === null).map(({ part }) => part);
  if (missing.length > 0 || parts.length === 0) return { missing: missingWords(tenant === null, missing) };
  const values = valued.flatMap(({ value }) => value ?? []);
  const switched = switchedNow(slotOf(parts), { before, now });
  const [only] = valued;
  if (tenant !== null && only !== void 0) {
    const [value = new import_index_main_step.Secret("")] = values;
    const entry2 = { tenant, fingerprint: fingerprint(name, value), jwt: only.jwt, switched };
    return { values, value, entry: entry2 };
  }
  const packed = valued.map(({ part, value }) => ({ ...part, value: value?.reveal() ?? "" }));
  const statics = parts.filter((part) => part.kind === "static");
  const jwt = jwtOfAll(
    valued.flatMap(({ part, jwt: jwt2 }) => jwt2 === null ? [] : [{ name: part.name, ...jwt2 }])
  );
  const entry = { tenant: null, fingerprint: staticsPrint(name, statics), jwt, switched };
  return { values, value: new import_index_main_step.Secret(bucketText(packed)), entry };
}
function missingWords(isBucket, missing) {
  const readable = "no value that could be read: give `tinybird-tokens-token` with the scope TOKENS";
  if (!isBucket) return `its token has ${readable}`;
  const kinds = Map.groupBy(missing, ({ kind }) => kind);
  const [hidden = [], unmade = []] = [kinds.get("static"), kinds.get("jwt")];
  return [
    "it was left as it is, because it would lose values",
    ...hidden.length > 0 ? [`${sampled(hidden)} ${hidden.length === 1 ? "has" : "have"} ${readable}`] : [],
    ...unmade.length > 0 ? [`the JWTs of ${sampled(unmade)} could not be minted`] : []
  ].join("; ");
}
function switchedNow(slot, { before, now }) {
  if (slot === null) return null;
  return before?.switched?.slot === slot ? before.switched : { slot, since: now };
}
function jwtOfAll(jwts) {
  if (jwts.length === 0) return null;
  const ends = jwts.map(({ expires: expires2 }) => expires2);
  const [expires, latest] = [Math.min(...ends), Math.max(...ends)];
  const all = { claims: claimsOfAll(jwts), expires, digest: digestOf(jwts) };
  return latest === expires ? all : { ...all, latest };
}
var SHOWN7 = 5;
var sampled = (parts) => parts.slice(0, SHOWN7).map(({ tenant, role }) => `${tenant}/${role}`).join(", ") + (parts.length > SHOWN7 ? ` and ${(0, import_index_run_telling.grouped)(parts.length - SHOWN7)} more` : "");
// src/secrets/store.ts
async function store(vault, asked, at) {
  const { changes, contents } = asked.due;
  const filled2 = /* @__PURE__ */ new Map();
  const unavailable = [];
  for (const { name, tenant } of changes.writes) {
    const content = contents.get(name);
    if (content === void 0) continue;
    const filling = fill2(content, { ...asked, before: entriesOf2(vault).get(name) });
    if ("missing" in filling) {
      if (tenant === null || !asked.undone.has(tenant)) unavailable.push({ name, error: filling.missing });
      continue;
    }
    for (const value of filling.values) at.mask(value.reveal());
    filled2.set(name, filling);
  }
  const { target, client, ledger, existing } = vault;
  const { outcomes, notices } = await publishSecrets({
    ...{ client, fleet: asked.fleet, target, ledger, existing, changes, issued: filled2 },
    progress: progressOf2(client.paceMs, at.say)
  });
  return {
    report: {
      ...told3(outcomes, { ...asked, vault }),
      target: targetName(target),
      layout: layoutTold(asked.keeping),
      failed: [
        ...outcomes.flatMap(
          (one2) => one2.kind === "failed" ? [{ name: one2.name, error: lacking(one2, asked, vault) }] : []
        ),
        ...changes.conflicts.map(({ name, reason }) => ({ name, error: reason })),
        ...unavailable
      ],
      due: changes.writes.length + changes.deletes.length,
      seconds: 0
    },
    notices: [...notices, ...droppedNotes(outcomes, contents)]
  };
}
var layoutTold = ({ layout, why }) => ({ name: layout, why });
var PROGRESS_EVERY = 10;
var progressOf2 = (paceMs, say) => (done, all) => {
  if (done % PROGRESS_EVERY !== 0 || all - done < PROGRESS_EVERY) return;
  const left2 = Math.ceil((all - done) * paceMs / 1e3);
  say(`${done} of ${(0, import_index_run_telling.plural)(all, "secret")} written or deleted; about ${(0, import_index_run_telling.timeText)(left2)} left`);
};
function lacking({ name, sentence }, asked, vault) {
  const content = asked.due.contents.get(name);
  if (content?.tenant !== null) return sentence;
  const parts = freshIn(content, asked, vault);
  return parts.length === 0 ? sentence : `${sentence}; it should have got the values of ${sampled(parts)}`;
}
function freshIn({ name, tenant, parts }, { fresh }, vault) {
  const entry = entriesOf2(vault).get(name);
  if (tenant !== null || entry === void 0 || entry.pending || !vault.existing.includes(name)) return parts;
  const old = parts.filter((part) => part.kind === "static" && !fresh.has(part.name));
  const known2 = staticsPrint(
    name,
    old.filter((part) => part.kind === "static")
  ) === entry.fingerprint;
  return known2 ? parts.filter((part) => part.kind === "jwt" || fresh.has(part.name)) : parts;
}
function told3(outcomes, asked) {
  const named = (kind) => outcomes.filter((outcome) => outcome.kind === kind).map(({ name }) => name);
  const written = named("written");
  const tokens = written.flatMap((name) => {
    const content = asked.due.contents.get(name);
    if (content === void 0) return [];
    return freshIn(content, asked, asked.vault).map(({ tenant, role }) => ({ tenant, role, name, id: "" }));
  });
  return { names: (0, import_index_run_telling.byTenant)(tokens, ({ name }) => name), written, deleted: named("deleted") };
}
function droppedNotes(outcomes, contents) {
  return outcomes.flatMap(({ kind, name }) => {
    const dropped = contents.get(name)?.dropped;
    if (kind !== "written" || dropped === void 0 || dropped.strangers === 0) return [];
    const until = dropped.until === null ? "" : ` until ${new Date(dropped.until * 1e3).toISOString()}`;
    return [
      `${(0, import_index_run_telling.plural)(dropped.strangers, "JWT")} that the list does not ask for any more ${dropped.strangers === 1 ? "is" : "are"} no longer in ${name}: whoever has one can use it${until}`
    ];
  });
}
// src/tokens.ts
function staticTokens(desired, live) {
  const tokens = new Map(live.map((token) => [token.name, token]));
  return desired.flatMap(({ resource, tenant, role }) => {
    const found = resource.kind === "token" && resource.via === "static" ? tokens.get(resource.name) : void 0;
    if (found === void 0 || tenant === null || role === null) return [];
    return [{ tenant, role, name: found.name, id: found.id, value: found.value, jwt: null }];
  });
}
async function tokensNow(reader2, { deploymentId, outcomes, situation }) {
  const before = { tokens: situation.live.tokens, outcomes };
  if (deploymentId === null && !outcomes.some(isTokenApplied)) return { ...before, stop: null };
  try {
    const tokens = await reader2.tokens();
    const names2 = new Set(tokens.map(({ name }) => `token/${name}`));
    const seen = outcomes.map((outcome) => {
      if (!isRevoked(outcome) || !names2.has(outcome.key)) return outcome;
      const { key, tenant, action } = outcome;
      return { key, tenant, action, result: "failed", error: STILL_THERE };
    });
    return { tokens, outcomes: seen, stop: null };
  } catch (error) {
    if (error instanceof import_index_main_step.Stop) return { ...before, stop: error };
    throw error;
  }
}
var isTokenApplied = ({ key, result }) => key.startsWith("token/") && result === "applied";
var isRevoked = (outcome) => isTokenApplied(outcome) && outcome.action === "delete";
var STILL_THERE = "the token is still there, with all it opens: delete it in the workspace";
// src/tokens-file.ts
async function checkTokensFile(path, checkout) {
  const file = (0, import_node_path.resolve)(checkout, path);
  const folder = await (0, import_promises2.realpath)((0, import_node_path.dirname)(file)).catch(() => null);
  if (folder === null) {
    throw new import_index_main_step.Stop("bad-input", `input tokens-file: the folder of ${path} does not exist. Nothing was sent.`);
  }
  const inside = (0, import_node_path.relative)(await (0, import_promises2.realpath)(checkout), folder);
  if (inside !== ".." && !inside.startsWith(`..${import_node_path.sep}`) && !(0, import_node_path.isAbsolute)(inside)) {
    throw new import_index_main_step.Stop(
      "bad-input",
      `input tokens-file: ${path} is inside the checkout, where it could be committed or uploaded. Use a path such as \${{ runner.temp }}/tokens.json. Nothing was sent.`
    );
  }
  return file;
}
async function writeTokensFile(file, issued, mask) {
  for (const { value } of issued) if (value !== null) mask(value.reveal());
  const withValue = issued.filter(({ value }) => value !== null);
  const values = new Map(withValue.map(({ name, value }) => [name, value?.reveal() ?? ""]));
  const text = JSON.stringify(
    (0, import_index_run_telling.byTenant)(withValue, ({ name }) => values.get(name) ?? ""),
    null,
    2
  );
  const draft = `${file}.${process.pid}.tmp`;
  try {
    await (0, import_promises2.rm)(draft, { force: true });
    await (0, import_promises2.writeFile)(draft, `${text}
`, { mode: 384, flag: "wx" });
    await (0, import_promises2.rename)(draft, file);
    return null;
  } catch (error) {
    await (0, import_promises2.rm)(draft, { force: true }).catch(() => {
    });
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return new import_index_main_step.Stop(
      "failed",
      `The tokens file ${file} could not be written (${code}); everything else was done.`
    );
  }
}
// src/publish.ts
function secretsPlan(asked, situation) {
  const { handout, sources } = asked;
  const { vault } = handout;
  const { keeping, desired, live, plan: plan2 } = situation;
  if (vault === null || keeping === null) return import_index_run_telling.NO_SECRETS;
  const due = dueFor(asked, { ...situation, plan: plan2, keeping, vault, heldBack: NOTHING4, afterwards: false });
  refuseOverflow(vault, { due, desired, tokens: live.tokens, fleet: sources.fleet.name });
  const { writes, deletes, conflicts: conflicts2 } = due.changes;
  const changes = writes.length + deletes.length;
  return {
    ...import_index_run_telling.NO_SECRETS,
    target: targetName(vault.target),
    layout: layoutTold(keeping),
    failed: conflicts2.map(({ name, reason }) => ({ name, error: reason })),
    due: changes,
    // The ledger is written before and after.
    seconds: changes === 0 ? 0 : Math.ceil((changes + 2) * vault.client.paceMs / 1e3)
  };
}
var NOTHING4 = /* @__PURE__ */ new Set();
async function publish(asked, carried, at) {
  const { situation } = carried;
  if (carried.stop?.stop === "not-proven") return withheld(carried);
  const { tokensFile } = asked.handout;
  const now = await tokensNow(asked.connection.reader, carried);
  const due = dueAfter(asked, carried, now.tokens);
  const minted = await mintDue(asked, carried, { clock: at.clock, needed: due?.needed ?? NOTHING4 });
  const known2 = staticTokens(situation.desired, now.tokens).filter(
    ({ tenant }) => asked.only?.has(tenant) ?? true
  );
  const issued = [...known2, ...minted.issued];
  const mask = once(at.mask);
  if (tokensFile !== null) at.leaves(tokensFile);
  const unwritten = tokensFile === null ? null : await writeTokensFile(tokensFile, issued, mask);
  const outcomes = [...now.outcomes, ...minted.outcomes];
  const changed2 = new Set(
    outcomes.flatMap(({ key, result, action }) => result === "applied" && action !== "delete" ? [key] : [])
  );
  const stored = await storeDue(
    asked,
    { due, minted: minted.issued, outcomes, changed: changed2, now },
    { ...at, mask }
  );
  const tokenIds = (0, import_index_run_telling.byTenant)(
    issued.filter(({ name }) => changed2.has(`token/${name}`)),
    ({ id }) => id
  );
  return {
    outcomes,
    secrets: stored.report,
    tokenIds,
    stop: carried.stop ?? now.stop ?? unwritten,
    notes: [...stored.notices, ...inFile(tokensFile, issued), ...stillWorking(asked, carried)]
  };
}
function withheld({ plan: plan2, outcomes, stop }) {
  const held2 = changesOf(plan2, "tokens").map(({ key, tenant, action }) => {
    return { key, tenant, action, result: "skipped", because: (0, import_index_run_telling.because)(stop) };
  });
  return { outcomes: [...outcomes, ...held2], secrets: import_index_run_telling.NO_SECRETS, tokenIds: {}, notes: [], stop };
}
function once(mask) {
  const known2 = /* @__PURE__ */ new Set();
  return (value) => {
    if (!known2.has(value)) mask(value);
    known2.add(value);
  };
}
function dueAfter(asked, carried, tokens) {
  const { vault } = asked.handout;
  const { situation, plan: plan2 } = carried;
  const { keeping, live, desired } = situation;
  if (vault === null || keeping === null) return null;
  const held2 = heldBack2(carried, desired);
  const at = { vault, keeping, desired, plan: plan2, heldBack: held2, afterwards: true };
  const due = dueFor(asked, { ...at, live: { ...live, tokens } });
  const needed = due.changes.writes.flatMap(
    ({ name, tenant }) => (due.contents.get(name)?.parts ?? []).flatMap(
      (part) => part.kind === "jwt" && (tenant === null || !held2.has(part.name)) ? [part.name] : []
    )
  );
  return { ...due, vault, keeping, needed: new Set(needed) };
}
async function storeDue({ sources, now }, { due, minted, outcomes, changed: changed2, now: tokens }, at) {
  const { fleet } = sources;
  if (due === null) return { report: import_index_run_telling.NO_SECRETS, notices: [] };
  const { vault, keeping } = due;
  const undone = tokens.stop === null ? undoneOf(outcomes) : new Set(fleet.tenants.map(({ id }) => id));
  const fresh = new Set([...changed2].map((key) => key.slice(key.indexOf("/") + 1)));
  const asked = { fleet: fleet.name, keeping, due, minted: byName3(minted), fresh, undone, now };
  return store(vault, asked, at);
}
function dueFor(asked, { vault, plan: plan2, ...at }) {
  const { only, prune, adopt, tokensOnly, now } = asked;
  const { fleet } = asked.sources;
  const renewed = new Set(
    changesOf(plan2, "tokens").flatMap((change) => (0, import_index_run_telling.isRenewal)(change) ? [(0, import_index_main_step.nameOf)(change.key)] : [])
  );
  return secretsDue(vault, { ...at, fleet, only, prune, adopt, tokensOnly, renewed, now });
}
var byName3 = (issued) => new Map(issued.map((one2) => [one2.name, one2]));
function inFile(file, issued) {
  if (file === null) return [];
  const n = issued.filter(({ value }) => value !== null).length;
  return [`${n} token ${n === 1 ? "value is" : "values are"} in ${file} until this job ends`];
}
function stillWorking({ handout }, { plan: plan2, situation }) {
  if (handout.vault === null) return [];
  return changesOf(plan2, "tokens").flatMap((change) => {
    const narrowed2 = change.action === "update" && change.fields.includes("claims");
    const jwt = situation.live.jwts.get(change.key.slice("token/".length));
    if (jwt === void 0 || change.action !== "delete" && !narrowed2) return [];
    const until = new Date(jwt.expires * 1e3).toISOString();
    return [
      `the JWT ${change.key.slice("token/".length)} of ${change.tenant} cannot be revoked: the old one works until ${until}`
    ];
  });
}
// src/secrets/handout.ts
async function openHandout(inputs, at, { fleet, does }) {
  const wanted = secretsTarget(inputs, at.context);
  const file = inputs["tokens-file"];
  const tokensFile = file === null ? null : await checkTokensFile(file, at.cwd);
  if ("none" in wanted || at.context === null) {
    const lost = "none" in wanted && tokensFile === null && (does === "apply" || does === "rotate") ? wanted.none : null;
    return { vault: null, tokensFile, notes: lost === null ? [] : [lost] };
  }
  const vault = await openVault(inputs, at.context, { target: wanted.target, fleet });
  const notes = vault.ledger.kind === "unknown" ? [`the ledger cannot be read, so JWTs are not renewed: ${vault.ledger.reason}`] : [];
  return { vault, tokensFile, notes };
}
// src/base-sources.ts
// src/github/folder.ts
// src/github/base.ts
var ZEROS = /^0+$/;
var MOST_FILES = 200;
async function baseOf(client, context, baseRef) {
  if (baseRef !== null) return { kind: "commit", ref: baseRef };
  switch (context.event) {
    case "push":
      return ZEROS.test(context.before) ? unknown2("the branch is new, there is no commit before this one") : { kind: "commit", ref: context.before };
    case "pull_request":
    case "pull_request_target":
      return mergeBase(client, context);
    case "workflow_dispatch":
    case "repository_dispatch":
    case "schedule":
    case "other":
      return unknown2(`the event ${context.eventName} has no commit before it`);
  }
}
async function mergeBase(client, { baseSha, headSha }) {
  const { owner, repo } = client;
  const asked = { what: "find where the pull request left its base", permission: "Contents: read" };
  const answer2 = await client.ask(
    asked,
    ({ rest }) => (
      // Only the merge base is needed; a page of one commit keeps the answer small.
      rest.repos.compareCommitsWithBasehead({ owner, repo, basehead: `${baseSha}...${headSha}`, per_page: 1 })
    )
  );
  if (answer2.ok) return { kind: "commit", ref: answer2.value.data.merge_base_commit.sha };
  return unknown2(answer2.failure.sentence);
}
async function readBase(client, { path, ref }) {
  const answer2 = await readContent(client, { path, ref });
  if (!answer2.ok) {
    return answer2.failure.status === 404 ? absentOrUnreachable(client, ref, answer2.failure) : unknown2(answer2.failure.sentence);
  }
  const { data } = answer2.value;
  if (!Array.isArray(data)) return { kind: "file", text: textOf5(data) };
  const files = data.filter((entry) => entry.type === "file").map((entry) => entry.path);
  return readFolder(client, { files, ref });
}
function readContent(client, { path, ref }) {
  const { owner, repo } = client;
  const asked = { what: `read ${path} at ${ref}`, permission: "Contents: read" };
  return client.ask(
    asked,
    ({ rest }) => (
      // Raw, because the JSON form ends at 1 MB.
      rest.repos.getContent({ owner, repo, path: normal(path), ref, mediaType: { format: "raw" } })
    )
  );
}
var normal = (path) => path.replace(/^(\.\/)+/, "").replace(/\/+$/, "");
function textOf5(data) {
  if (typeof data === "string") return data;
  return data instanceof ArrayBuffer ? Buffer.from(data).toString("utf8") : JSON.stringify(data);
}
async function readFolder(client, { files, ref }) {
  if (files.length > MOST_FILES)
    return unknown2(`the folder had ${files.length} files, more than ${MOST_FILES}`);
  const answers = await Promise.all(
    files.map(async (path) => ({ path, answer: await readContent(client, { path, ref }) }))
  );
  const texts = [];
  for (const { path, answer: answer2 } of answers) {
    if (!answer2.ok) return unknown2(answer2.failure.sentence);
    texts.push({ path, text: textOf5(answer2.value.data) });
  }
  return { kind: "folder", files: texts };
}
async function absentOrUnreachable(client, ref, failure) {
  const { owner, repo } = client;
  const asked = { what: `find the commit ${ref}`, permission: "Contents: read" };
  const commit = await client.ask(
    asked,
    ({ rest }) => rest.repos.getCommit({ owner, repo, ref, mediaType: { format: "sha" } })
  );
  return commit.ok ? { kind: "absent" } : unknown2(failure.sentence);
}
var unknown2 = (reason) => ({ kind: "unknown", reason });
// src/github/folder.ts
var MOST_REQUESTS = 200;
var LONGEST_LIST = 1e3;
async function readFolderAt(client, asked) {
  const root = await list(client, asked.path, asked);
  if (root.kind !== "entries") return root;
  const folders = root.entries.filter(({ type, name }) => type === "dir" && asked.wantsFolder(name));
  if (folders.length > MOST_REQUESTS) return tooMany(folders.length, "folders");
  const inside = await Promise.all(
    folders.map(async ({ name, path }) => ({ name, listed: await list(client, path, asked) }))
  );
  const found = root.entries.map((entry) => ({ ...entry, below: entry.name }));
  for (const { name, listed } of inside) {
    if (listed.kind !== "entries")
      return unknown3(listed.kind === "absent" ? `${name} is gone` : listed.reason);
    for (const entry of listed.entries) found.push({ ...entry, below: `${name}/${entry.name}` });
  }
  return readFiles(
    client,
    asked,
    found.filter(({ type, below }) => (type === "file" || type === "symlink") && asked.wantsFile(below))
  );
}
async function readFiles(client, { ref, here }, wanted) {
  const files = /* @__PURE__ */ new Map();
  const other = [];
  for (const file of wanted) {
    const bytes = file.type === "file" ? await here(file.path) : null;
    if (bytes !== null && blobName(bytes) === file.sha)
      files.set(file.below, Buffer.from(bytes).toString("utf8"));
    else other.push(file);
  }
  if (other.length > MOST_REQUESTS) return tooMany(other.length, "other files");
  const answers = await Promise.all(
    other.map(async ({ below, path }) => ({ below, answer: await readContent(client, { path, ref }) }))
  );
  for (const { below, answer: answer2 } of answers) {
    if (!answer2.ok) return unknown3(answer2.failure.sentence);
    files.set(below, textOf5(answer2.value.data));
  }
  return { kind: "files", files };
}
var blobName = (bytes) => (0, import_node_crypto5.hash)("sha1", Buffer.concat([Buffer.from(`blob ${bytes.length}\0`), bytes]));
async function list(client, path, { ref }) {
  const answer2 = await readContent(client, { path, ref });
  if (!answer2.ok)
    return answer2.failure.status === 404 ? { kind: "absent" } : unknown3(answer2.failure.sentence);
  const { data } = answer2.value;
  if (!Array.isArray(data)) return unknown3(`${path} was no folder`);
  if (data.length >= LONGEST_LIST) return unknown3(`${path} had ${data.length} entries or more`);
  const entries = data;
  return { kind: "entries", entries };
}
var unknown3 = (reason) => ({ kind: "unknown", reason });
var tooMany = (n, what) => unknown3(`it had ${n} ${what}, more than ${MOST_REQUESTS}`);
// src/base-sources.ts
async function renderingAt(base, { inputs, sources }) {
  const notes = [];
  const kept = (what, read2, today) => {
    if (!(read2 instanceof Unreadable2)) return read2;
    notes.push(`${what} at the base could not be read (${read2.reason}): the base is shown with today\u2019s`);
    return today;
  };
  const [sets, project] = await Promise.all([
    setsAt(base, inputs.templates),
    projectAt(base, inputs.project)
  ]);
  return {
    rendering: {
      // The shipped ones are part of the action, not of the repository.
      sets: sets === null ? sources.sets : kept("the template sets", sets, sources.sets),
      project: kept("the project", project, sources.project)
    },
    notes
  };
}
var Unreadable2 = class {
  reason;
  constructor(reason) {
    this.reason = reason;
  }
};
async function setsAt(base, path) {
  if (path === null) return null;
  const read2 = await folderAt(base, path, {
    wantsFolder: import_index_main_step.isSetName,
    wantsFile: (name) => name.includes("/") && (0, import_index_main_step.isSetFile)(import_node_path2.posix.basename(name))
  });
  switch (read2.kind) {
    case "absent":
      return new Unreadable2("there was no such folder");
    case "unknown":
      return new Unreadable2(read2.reason);
    case "files":
      return orUnreadable((0, import_index_main_step.compileSets)(foldersOf(path, read2.files)));
  }
}
function foldersOf(path, files) {
  const bySet = Map.groupBy(files, ([name]) => import_node_path2.posix.dirname(name));
  return [...bySet].map(([name, own]) => ({
    name,
    path: import_node_path2.posix.join(path, name),
    files: new Map(own.map(([file, text]) => [import_node_path2.posix.basename(file), text]))
  }));
}
async function projectAt(base, path) {
  if (path === null) return import_index_main_step.EMPTY_PROJECT;
  const read2 = await folderAt(base, path, {
    wantsFolder: import_index_main_step.isProjectFolder,
    wantsFile: (name) => (0, import_index_main_step.isProjectFile)(import_node_path2.posix.basename(name))
  });
  switch (read2.kind) {
    case "absent":
      return import_index_main_step.EMPTY_PROJECT;
    case "unknown":
      return new Unreadable2(read2.reason);
    case "files":
      return orUnreadable(
        (0, import_index_main_step.parseProject)([...read2.files].map(([name, text]) => ({ path: import_node_path2.posix.join(path, name), text })))
      );
  }
}
function folderAt({ client, ref }, given2, wants) {
  const path = import_node_path2.posix.normalize(given2).replace(/^\.$/, "").replace(/\/$/, "");
  if (import_node_path2.posix.isAbsolute(path) || path === ".." || path.startsWith("../"))
    return Promise.resolve({ kind: "unknown", reason: `${given2} is not in the repository` });
  const here = (file) => (0, import_promises3.readFile)(file).catch(() => null);
  return readFolderAt(client, { path, ref, here, ...wants });
}
var orUnreadable = (result) => result.ok ? result.value : new Unreadable2(result.problems.slice(0, 1).map(import_index_main_step.readProblem).join());
// src/base.ts
var NOTHING5 = { resources: [], tokens: [], jwts: /* @__PURE__ */ new Map() };
async function compareWithBase(told4) {
  const { inputs, at, sources, only, does } = told4;
  if (does !== "plan") {
    throw new import_index_main_step.Stop(
      "bad-input",
      `input tinybird-token: it is needed to ${does}, and it is empty. On GitHub a secret is empty when its name is wrong, and for forks and Dependabot. Nothing was sent.`
    );
  }
  const { fleet } = sources;
  const notes = [
    "the workspace was not asked (no `tinybird-token`): this compares the list, its sets and the project with their base in Git"
  ];
  const live = await liveOfBase(told4, notes);
  const { resources, notes: frozen } = (0, import_index_main_step.unwrap)(desiredOf(sources, "forward"));
  notes.push(...frozen);
  const scope = { live, fleet, only, prune: inputs.prune };
  const carriers2 = carriersOf({ ...scope, desired: resources });
  const desired = keepLines({ ...scope, desired: resources }, carriers2);
  const now = Math.floor(at.clock.now() / 1e3);
  const made = plan({ ...scope, desired, adopt: false, now }, carriers2);
  const findings = lint(sources, "forward");
  const nothing = { workspace: null, stop: null, drift: false };
  return (0, import_index_run_telling.reportOf)({ ...nothing, fleet, mode: "plan", plan: made, notes, findings }, at.redact);
}
async function liveOfBase({ inputs, at, sources }, notes) {
  const base = await openBase(inputs, at);
  const unknown4 = (reason) => {
    notes.push(`the base of the list is unknown (${reason}): everything is shown as new`);
    return NOTHING5;
  };
  if ("reason" in base) return unknown4(base.reason);
  const list2 = await readBase(base.client, { path: inputs.tenants, ref: base.ref });
  if (list2.kind === "unknown") return unknown4(list2.reason);
  if (list2.kind === "absent") return NOTHING5;
  const fleet = await parseBase(list2, inputs.tenants);
  const then = fleet === null ? null : await renderingAt(base, { inputs, sources });
  notes.push(...then?.notes ?? []);
  const desired = fleet === null || then === null ? null : desiredOf({ fleet, ...then.rendering }, "forward");
  if (desired?.ok) return asLive(desired.value.resources);
  notes.push("the list at its base is not valid: everything is shown as new");
  return NOTHING5;
}
async function openBase(inputs, { context }) {
  if (context === null) return { reason: "this is not a GitHub Actions job" };
  const client = await (0, import_index_run_telling.openClient)(inputs, context, "github-token");
  if (client === null) return { reason: "`github-token` is not given" };
  const base = await baseOf(client, context, inputs["base-ref"]);
  return base.kind === "unknown" ? base : { client, ref: base.ref };
}
async function parseBase(base, path) {
  const parsed = base.kind === "file" ? (0, import_index_main_step.parseTenants)(await (0, import_index_main_step.withReader)({ file: path, text: base.text }, (0, import_index_main_step.formatOf)(path) ?? "yaml")) : (0, import_index_main_step.parseTenants)({
    format: "folder",
    folder: path,
    files: base.files.map(({ path: file, text }) => ({ file, text }))
  });
  return parsed.ok ? parsed.value : null;
}
function asLive(desired) {
  const resources = [];
  const tokens = [];
  const jwts = /* @__PURE__ */ new Map();
  for (const { key, resource, tenant } of desired) {
    if (resource.kind !== "token") {
      resources.push({
        key,
        id: key,
        name: resource.name,
        datafile: resource,
        rows: null,
        unfaithful: null,
        updatedAt: ""
      });
    } else if (resource.via === "jwt") {
      jwts.set(resource.name, {
        tenant: tenant ?? "",
        claims: (0, import_index_run_telling.claimsHash)(resource),
        expires: Number.MAX_SAFE_INTEGER
      });
    } else {
      const scopes = resource.scopes.map((scope) => ({
        type: scope.type,
        resource: scope.resource,
        filter: scope.filter ?? null
      }));
      tokens.push({ id: key, name: resource.name, description: "", value: null, origin: null, scopes });
    }
  }
  return { resources, tokens, jwts };
}
// src/run.ts
async function run(inputs, at, started) {
  const { does, sources, only, connection } = started;
  const handout = await openHandout(inputs, at, { fleet: sources.fleet.name, does });
  const asked = {
    sources,
    connection,
    handout,
    // All of them have to be minted again, whoever's was leaked.
    only: inputs["all-jwts"] ? null : only,
    tokensOnly: does === "renew" || does === "rotate",
    rotate: rotateOf(inputs, does === "rotate", only),
    ...policyOf(inputs),
    now: seconds(at.clock)
  };
  const situation = await lookAt(asked);
  const told4 = {
    fleet: sources.fleet,
    workspace: connection.workspace,
    mode: does,
    drift: (0, import_index_run_telling.hasDrift)(situation.whole),
    findings: asked.tokensOnly ? [] : lint(sources, connection.workspace.generation)
  };
  if (does === "verify") return (0, import_index_run_telling.reportOf)({ ...told4, ...await provenNow(asked, situation, at) }, at.redact);
  const secrets = secretsPlan(asked, situation);
  const refused = refusal(inputs, situation, asked) ?? await freshness2(inputs, at, does);
  const review = await (0, import_index_run_telling.reviewOf)({ inputs, at, refused, ...told4, ...situation });
  const notes = [...review.notes, ...notesOn(asked, situation)];
  const stop = refused ?? (0, import_index_run_telling.objection)(review, situation.plan);
  if (stop !== null || does === "plan") {
    return ended2(review, (0, import_index_run_telling.reportOf)({ ...told4, plan: situation.plan, secrets, stop, notes }, at.redact));
  }
  return await follow(review, () => applied(asked, situation, { inputs, at, review, told: told4, notes }));
}
var notesOn = (asked, situation) => [
  ...asked.handout.notes,
  ...situation.notes,
  ...historyNotes(situation),
  ...guardNotes(situation, asked.now)
];
async function applied(asked, situation, decided) {
  const { inputs, at, review, told: told4, notes } = decided;
  const { tokensOnly } = asked;
  const prover = inputs.verify ? proverFor(asked, at) : null;
  const carried = await carryOut(asked, situation, {
    policy: policyOf(inputs),
    objection: (plan2) => (0, import_index_run_telling.objection)(review, plan2),
    prover,
    timeout: inputs["deploy-timeout"],
    ...at
  });
  const ended3 = asked.rotate.allJwts && carried.stop === null ? [await endJwts(asked, carried.situation)] : [];
  const handed = await publish(asked, carried, at);
  const drift = tokensOnly ? told4.drift : handed.stop !== null || !handed.outcomes.every(isApplied);
  const seen = tokensOnly ? (0, import_index_run_telling.driftNotes)(situation.whole) : [];
  const all = [...notes, ...seen, ...carried.notes, ...ended3, ...handed.notes];
  const proof = prover?.proof ?? null;
  return (0, import_index_run_telling.reportOf)({ ...told4, drift, ...carried, ...handed, proof, notes: all }, at.redact);
}
var refusal = (inputs, situation, asked) => asked.rotate.allJwts ? signingRefusal(situation, asked, [inputs["tinybird-token"], inputs["tinybird-tokens-token"]]) : asked.tokensOnly ? null : refusalOf(asked, situation, policyOf(inputs));
var isApplied = ({ result }) => result === "applied";
var freshness2 = (inputs, { context }, does) => does === "plan" ? Promise.resolve(null) : refuseSuperseded(inputs, context);
var policyOf = (inputs) => ({
  prune: inputs.prune,
  adopt: inputs.adopt,
  maxRemovals: inputs["max-removals"],
  planChecksum: inputs["plan-checksum"],
  secretPrefix: inputs["secret-prefix"]
});
var seconds = (clock) => Math.floor(clock.now() / 1e3);
// Annotate the CommonJS export names for ESM import in node:
0 && (module.exports = {
  compareWithBase,
  run
});
/*! For license information please see index.cjs.LEGAL.txt */
