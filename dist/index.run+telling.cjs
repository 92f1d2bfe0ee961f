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
  COMMENT_LIMIT: () => COMMENT_LIMIT,
  FATES: () => FATES,
  NO_SECRETS: () => NO_SECRETS,
  SUMMARY_LIMIT: () => SUMMARY_LIMIT,
  account: () => account,
  applying: () => applying,
  because: () => because,
  byTenant: () => byTenant,
  certainFirst: () => certainFirst,
  changesIn: () => changesIn,
  checksumOf: () => checksumOf,
  claimsHash: () => claimsHash,
  desiredVerdict: () => desiredVerdict,
  driftNotes: () => driftNotes,
  engineOption: () => engineOption,
  excess: () => excess,
  failure: () => failure,
  failures: () => failures,
  findingLines: () => findingLines,
  goneVerdict: () => goneVerdict,
  grouped: () => grouped,
  hasDrift: () => hasDrift,
  hasFailed: () => hasFailed,
  hazardWords: () => hazardWords,
  headline: () => headline2,
  inSteps: () => inSteps,
  inventory: () => inventory,
  isEdited: () => isEdited,
  isProven: () => isProven,
  isRenewal: () => isRenewal,
  isRunningOut: () => isRunningOut,
  isShorter: () => isShorter,
  jwtVerdict: () => jwtVerdict,
  lexemes: () => lexemes,
  lineOf: () => lineOf,
  liveScopeText: () => liveScopeText,
  liveVerdict: () => liveVerdict,
  marked: () => marked,
  markerOf: () => markerOf,
  needsNewTable: () => needsNewTable,
  objection: () => objection,
  openClient: () => openClient,
  orphans: () => orphans,
  plannedMarker: () => plannedMarker,
  plural: () => plural,
  reasonOf: () => reasonOf,
  refreshVerdict: () => refreshVerdict,
  reportOf: () => reportOf,
  reviewOf: () => reviewOf,
  rewriteComment: () => rewriteComment,
  rotatedVerdict: () => rotatedVerdict,
  rowsOf: () => rowsOf,
  rungs: () => rungs,
  sameExpression: () => sameExpression,
  secretsDueWords: () => secretsDueWords,
  sentence: () => sentence,
  shownReport: () => shownReport,
  sorted: () => sorted,
  staticVerdict: () => staticVerdict,
  stopSummary: () => stopSummary,
  timeText: () => timeText,
  totals: () => totals,
  untouched: () => untouched,
  upsertComment: () => upsertComment,
  verbOf: () => verbOf,
  writeMarker: () => writeMarker
});
module.exports = __toCommonJS(stdin_exports);
var import_index_main_step = require("./index.main-step.cjs");
var import_node_crypto = require("node:crypto");
var import_node_crypto2 = require("node:crypto");
var import_node_crypto3 = require("node:crypto");
var import_node_crypto4 = require("node:crypto");
var import_node_crypto5 = require("node:crypto");
// src/plan/steps.ts
// src/plan/tokens.ts
// src/datafile/lexemes.ts
var NEXT = [
  ["blank", /[ \t\n\r\f\v]+/y],
  // A block comment in a block comment is left to the symbols: ClickHouse nests them, other readers do not.
  ["blank", /\/\*(?:(?!\/\*|\*\/)[\s\S])*\*\//y],
  ["word", /[A-Za-z_]\w*(?![\w$])/y],
  ["text", /'(?:[^'\\]|\\[\s\S]|'')*'/y],
  ["number", /\d+(?:\.\d*)?(?:[eE][+-]?\d+)?(?![\w$])/y],
  ["name", /"[^"\\]+"(?!")|`[^`\\]+`(?!`)/y],
  ["comment", /(?:--|#[ !])[^\n]*/y],
  ["symbol", /<=>|->|::|\|\||[<>!=]=|<>|[-+*/%=<>.,()[\]?:;]/y]
];
function lexemes(sql) {
  const found = [];
  for (let start = 0; start < sql.length; ) {
    const [kind, end] = next(sql, start);
    if (kind !== "blank") found.push({ ...lexemeOf(kind, sql.slice(start, end)), at: start, end });
    start = end;
  }
  return found;
}
function next(sql, start) {
  for (const [kind, form] of NEXT) {
    form.lastIndex = start;
    if (form.test(sql)) return [kind, form.lastIndex];
  }
  return ["odd", start + 1];
}
function lexemeOf(kind, text) {
  if (kind === "text") return { kind, text, value: said(text) };
  return { kind, text: kind === "name" ? text.slice(1, -1) : text };
}
function said(text) {
  let known2 = true;
  const value = text.slice(1, -1).replace(/''|\\x([0-7][0-9A-Fa-f])|\\([\s\S])/g, (_, hex, escaped3) => {
    if (hex !== void 0) return String.fromCharCode(Number.parseInt(hex, 16));
    if (escaped3 === void 0) return "'";
    known2 &&= escaped3 === "\\" || escaped3 === "'";
    return escaped3;
  });
  return known2 ? value : null;
}
// src/datafile/marker.ts
var MARKER = /^\[tinybird-tenants fleet=([\w.%-]*) tenant=([\w.%-]*) set=([\w.%-]*) sha=([\w.%-]*)(?: slug=([\w.%-]*))?(?: cutoff=(\d{1,15}))?\]$/;
function marked(description, marker) {
  const line2 = partsOf(marker);
  return (description === "" ? line2 : [description, "\n", ...line2]).join("");
}
function markerOf(description) {
  const text = description.trimEnd();
  if (!text.endsWith("]")) return null;
  const end = Math.max(text.lastIndexOf("\n"), 0);
  const line2 = text.slice(end).trim();
  const [, fleet, tenant, set, sha, slug, cutoff] = MARKER.exec(line2) ?? [];
  if (fleet === void 0 || tenant === void 0 || set === void 0 || sha === void 0) return null;
  const written = {
    fleet,
    tenant,
    set,
    sha,
    ...slug === void 0 ? {} : { slug },
    ...cutoff === void 0 ? {} : { cutoff: Number(cutoff) }
  };
  if (!line2.includes("%")) return { marker: written, rest: text.slice(0, end) };
  const marker = decode(written);
  if (marker === null || partsOf(marker).join("") !== line2) return null;
  return { marker, rest: text.slice(0, end) };
}
function partsOf({ fleet, tenant, set, sha, slug, cutoff }) {
  const parts = ["[tinybird-tenants fleet=", encode(fleet), " tenant=", encode(tenant)];
  parts.push(" set=", encode(set), " sha=", encode(sha));
  if (slug !== void 0) parts.push(" slug=", encode(slug));
  if (cutoff !== void 0) parts.push(" cutoff=", String(cutoff));
  parts.push("]");
  return parts;
}
var encode = (value) => /^[\w.-]*$/.test(value) ? value : encodeURIComponent(value).replace(
  /[!~*'()]/g,
  (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`
);
function decode({ fleet, tenant, set, sha, slug, cutoff }) {
  try {
    return {
      fleet: decodeURIComponent(fleet),
      tenant: decodeURIComponent(tenant),
      set: decodeURIComponent(set),
      sha: decodeURIComponent(sha),
      ...slug === void 0 ? {} : { slug: decodeURIComponent(slug) },
      ...cutoff === void 0 ? {} : { cutoff }
    };
  } catch {
    return null;
  }
}
// src/plan/files.ts
// src/datafile/engine.ts
var engineOption = ({ engine }, command) => engine?.options.find((option) => option.command === command)?.value.trim() ?? "";
// src/plan/canonical.ts
var sameSql = (one, other) => one === other || canonicalSql(one) === canonicalSql(other);
var sameExpression = (one, other) => one === other || canonicalExpression(one).join(" ") === canonicalExpression(other).join(" ");
var sameKey = (one, other) => one === other || canonicalKey(one) === canonicalKey(other);
var canonicalKey = (key) => canonicalExpression(key.replace(/^\s*tuple\s*\(/, "(")).join(" ");
var sameType = (one, other) => one === other || canonicalType(one) === canonicalType(other);
function sameCodec(one, other) {
  if (one === other) return true;
  const [own, others] = [partsOf2(one), partsOf2(other)];
  return own.length === others.length && own.every(([name, given], n) => {
    const [otherName, otherGiven] = others[n] ?? [];
    return name === otherName && (given === otherGiven || given === void 0 || otherGiven === void 0);
  });
}
var partsOf2 = (codec) => [...codec.replace(/\s/g, "").matchAll(/(\w+)(?:\(([^()]*)\))?/g)].map(([, name, given]) => [name, given]);
function isShorter(ttl, than) {
  if (ttl.trim() === "") return false;
  const [one, other] = [intervalsOf(ttl), intervalsOf(than)];
  if (one.rest !== other.rest) return true;
  return one.lengths.some((length, n) => length < (other.lengths[n] ?? Number.POSITIVE_INFINITY));
}
function intervalsOf(ttl) {
  const lengths = [];
  const rest = canonicalExpression(ttl).join(" ").replace(/(toInterval[A-Z][a-z]+ \() (\d+) \)/g, (_, name, length) => {
    lengths.push(Number(length));
    return name;
  });
  return { rest, lengths };
}
var TAG = "\uE000";
function canonicalSql(sql) {
  const text = sql.replaceAll("\r\n", "\n").trim();
  if (!text.startsWith("%")) return words(text).join(" ");
  const tags = [];
  const body = text.slice(1).replace(/\{\{([\s\S]*?)\}\}|\{%([\s\S]*?)%\}|\{#[\s\S]*?#\}/g, (tag, ...inner) => {
    const [output, statement] = inner;
    if (output === void 0 && statement === void 0) return " ";
    tags.push(tag.slice(0, 2) + (0, import_index_main_step.squeeze)(output ?? statement ?? ""));
    return `${TAG}${tags.length}${TAG}`;
  });
  const plain = words(body).join(" ");
  return tags.length === 0 ? plain : [plain, ...tags].join(TAG);
}
function canonicalExpression(expression) {
  let found = words(expression);
  if (found.at(-1)?.toUpperCase() === "DELETE") found = found.slice(0, -1);
  while (isWrapped(found)) found = found.slice(1, -1);
  return found;
}
function isWrapped(found) {
  if (found[0] !== "(") return false;
  let depth = 0;
  const end = found.findIndex((word) => {
    if (word === "(") depth += 1;
    if (word === ")") depth -= 1;
    return depth === 0;
  });
  return end === found.length - 1;
}
var KEYWORDS = new Set(
  `ALL AND ANTI ANY ARRAY AS ASC ASOF BETWEEN BY CASE CROSS DESC DISTINCT ELSE END EXCEPT FALSE FINAL FROM FULL GLOBAL
  GROUP HAVING ILIKE IN INNER INTERSECT INTERVAL IS JOIN LEFT LIKE LIMIT NOT NULL OFFSET ON OR ORDER OUTER OVER PARTITION
  PREWHERE RIGHT SAMPLE SELECT SEMI SETTINGS THEN TRUE UNION USING WHEN WHERE WITH`.split(/\s+/)
);
var SYMBOLS = /* @__PURE__ */ new Map([
  ["<>", "!="],
  ["==", "="]
]);
var UNIT = /^(?:SECOND|MINUTE|HOUR|DAY|WEEK|MONTH|QUARTER|YEAR)S?$/i;
function words(sql) {
  const found = [];
  for (const { kind, text, value } of lexemes(sql)) {
    switch (kind) {
      case "comment":
        break;
      case "word":
        take(found, wordOf(text));
        break;
      case "name":
        found.push(/^[A-Za-z_]\w*$/.test(text) ? wordOf(text) : `\`${text}\``);
        break;
      case "text":
        found.push(value === null || value === void 0 ? text : `'${value.replaceAll("'", "''")}'`);
        break;
      case "symbol":
        found.push(SYMBOLS.get(text) ?? text);
        break;
      case "number":
      case "odd":
        found.push(text);
        break;
    }
  }
  while (found.at(-1) === ";") found.pop();
  return found;
}
function wordOf(text) {
  const upper = text.toUpperCase();
  return KEYWORDS.has(upper) ? upper : text;
}
function take(found, word) {
  const length = /^'?(\d+)'?$/.exec(found.at(-1) ?? "")?.[1];
  if (length === void 0 || found.at(-2) !== "INTERVAL" || !UNIT.test(word)) {
    found.push(word);
    return;
  }
  const unit = word.toLowerCase().replace(/s$/, "");
  found.splice(-2, 2, `toInterval${unit.charAt(0).toUpperCase()}${unit.slice(1)}`, "(", length, ")");
}
var DIGITS = { 32: "9", 64: "18", 128: "38", 256: "76" };
function canonicalType(type) {
  return words(type).join(" ").replace(/\bDateTime \( 'UTC' \)/g, "DateTime").replace(/\bDateTime64 \( (\d) , 'UTC' \)/g, "DateTime64 ( $1 )").replace(/\bDecimal(32|64|128|256) \( /g, (_, bits) => `Decimal ( ${DIGITS[bits]} , `).replace(/\bbool(?:ean)?\b/gi, "Bool").replace(/\bEnum(?:8|16)? \( ([^()]*) \)/g, (_, values) => `Enum ( ${numbered(values)} )`);
}
function numbered(values) {
  if (values.includes("=")) return values;
  let n = 0;
  return values.replace(/'(?:[^']|'')*'/g, (value) => {
    n += 1;
    return `${value} = ${n}`;
  });
}
// src/plan/differences.ts
function differences(after, before) {
  const body = bodyDifference(after, before);
  const fields = [...body.fields];
  const hazards = [...body.hazards];
  const wanted = new Set(after.grants.map(lineOf));
  const live = new Set(before.grants.map(lineOf));
  if (!live.isSubsetOf(wanted)) hazards.push("revokes-access");
  if (!wanted.isSubsetOf(live)) hazards.push("widens-access");
  if (live.symmetricDifference(wanted).size > 0) fields.push("tokens");
  return { fields, hazards };
}
var isEdited = (after, before) => bodyDifference(after, before).fields.length > 0;
var lineOf = (grant) => `${grant.permission} ${grant.token}`;
function bodyDifference(after, before) {
  if (after.kind === "datasource" && before.kind === "datasource") return datasourceDifference(after, before);
  if (after.kind === "pipe" && before.kind === "pipe") return pipeDifference(after, before);
  throw new Error(
    `${(0, import_index_main_step.keyOf)(after.kind, after.name)} compared with a ${before.kind}: conflicts are found before`
  );
}
function datasourceDifference(after, before) {
  const fields = [];
  const hazards = /* @__PURE__ */ new Set();
  if (!sameText(after.description, before.description)) fields.push("description");
  const columns = columnDifference(after, before);
  if (columns !== "same") fields.push("columns");
  if (columns === "lossy") hazards.add("loses-data");
  if (isOtherTable(after, before)) {
    fields.push("engine");
    hazards.add("loses-data");
  }
  const [ttl, live] = [engineOption(after, "TTL"), engineOption(before, "TTL")];
  if (live !== "" && !sameExpression(ttl, live)) {
    fields.push("ttl");
    if (isShorter(ttl, live)) hazards.add("loses-data");
  }
  return { fields, hazards: [...hazards] };
}
var needsNewTable = (after, before) => columnDifference(after, before) === "lossy" || isOtherTable(after, before);
function columnDifference(after, before) {
  let wanted = null;
  let same = after.columns.length === before.columns.length;
  for (const [n, column] of before.columns.entries()) {
    let next2 = after.columns[n];
    if (next2?.name !== column.name) {
      wanted ??= new Map(after.columns.map((each) => [each.name, each]));
      next2 = wanted.get(column.name);
    }
    if (next2 === void 0 || !sameType(next2.type, column.type)) return "lossy";
    if (!sameExpression(next2.default ?? "", column.default ?? "")) same = false;
    if (column.jsonpath !== null && next2.jsonpath !== column.jsonpath) same = false;
    if (column.codec !== null && !sameCodec(next2.codec ?? "", column.codec)) same = false;
  }
  return same ? "same" : "grown";
}
function pipeDifference(after, before) {
  const fields = [];
  const hazards = /* @__PURE__ */ new Set();
  if (!sameText(after.description, before.description)) fields.push("description");
  if (!sameNames(after.nodes, before.nodes)) fields.push("nodes");
  if (after.nodes.some((node, n) => !sameNode(node, before, n))) fields.push("sql");
  const target = targetOf(before);
  if (target !== void 0 && targetOf(after) !== target) fields.push("target");
  if (pipeType(after) !== pipeType(before)) {
    fields.push("type");
    if (pipeType(before) === "endpoint") hazards.add("breaks-readers");
  }
  return { fields, hazards: [...hazards] };
}
function sameNames(after, before) {
  if (after.length !== before.length) return false;
  if (after.every(({ name }, n) => name === before[n]?.name)) return true;
  const names2 = new Set(before.map(({ name }) => name));
  return after.every(({ name }) => names2.has(name));
}
function sameNode({ name, sql }, { nodes }, n) {
  const live = nodes[n]?.name === name ? nodes[n] : nodes.find((node) => node.name === name);
  return live === void 0 || sameSql(sql, live.sql);
}
var targetOf = (pipe) => pipe.nodes.find(({ type }) => type === "materialized" || type === "copy")?.settings.find(({ command }) => command === "DATASOURCE" || command === "TARGET_DATASOURCE")?.value;
var pipeType = (pipe) => pipe.nodes.find((node) => node.type !== "standard")?.type ?? "standard";
function isOtherTable(after, before) {
  if (before.engine === null) return false;
  return engineType(after) !== engineType(before) || KEYS.some((command) => !sameKey(engineOption(after, command), engineOption(before, command))) || SAID.some((command) => {
    const live = engineOption(before, command);
    return live !== "" && !sameKey(engineOption(after, command), live);
  });
}
var KEYS = ["SORTING_KEY", "PARTITION_KEY"];
var SAID = ["VER", "IS_DELETED", "SIGN"];
var engineType = ({ engine }) => (engine?.type ?? "MergeTree").replace(/^(?:Replicated|Shared)(?=\w*MergeTree$)/, "");
var sameText = (one, other) => one === other || flush(one) === flush(other) || flush(unmarked(one)) === flush(unmarked(other));
var unmarked = (description) => markerOf(description)?.rest ?? description;
var flush = (text) => text.trim().replace(/[ \t\r]*\n[ \t]*/g, "\n");
// src/plan/files.ts
var UNCHANGED = { kind: "unchanged" };
function desiredVerdict(after, fact, adopt) {
  if (fact === void 0) {
    return {
      kind: "change",
      change: { action: "create", key: after.key, tenant: after.tenant, hazards: [], after }
    };
  }
  const why = conflict(after, fact, adopt);
  if (why !== null) {
    const adopted = adopt ? null : desiredVerdict(after, fact, true);
    const adopting = adopted?.kind === "change" ? { adopting: adopted.change } : {};
    return { kind: "conflict", conflict: { key: after.key, tenant: after.tenant, why, ...adopting } };
  }
  if (after.resource.kind === "token") return UNCHANGED;
  const { resource, owner } = fact;
  const unfilled = owner.kind === "ours" && owner.marker.cutoff !== void 0;
  const same = owner.kind === "ours" && owner.marker.sha === after.sha && !unfilled;
  if (same && !isEdited(after.resource, resource.datafile)) return UNCHANGED;
  const { fields, hazards } = differences(after.resource, resource.datafile);
  if (fields.length === 0 && after.tenant === null) return UNCHANGED;
  return {
    kind: "change",
    change: {
      action: "update",
      key: after.key,
      tenant: after.tenant,
      hazards,
      ...same ? { drift: true } : {},
      after,
      // With drift the marker says nothing about what is live.
      before: beforeOf(resource, owner.kind === "unmarked" || same ? shaOf(resource) : owner.marker.sha),
      // The text differs where the lists do not tell, e.g. an index.
      fields: [...fields.length > 0 || unfilled ? fields : ["text"], ...unfilled ? ["history"] : []]
    }
  };
}
function beforeOf({ id, datafile, updatedAt, editedBy }, sha) {
  return {
    id,
    sha,
    datafile,
    ...updatedAt === "" ? {} : { updatedAt },
    ...editedBy === void 0 ? {} : { editedBy }
  };
}
function conflict(after, { resource, owner }, adopt) {
  if (resource.key !== after.key) return `a ${resource.datafile.kind} of that name exists`;
  switch (owner.kind) {
    case "ours":
      if (after.tenant === null)
        return `the project wants it, but it belongs to tenant ${quote(owner.marker.tenant)}`;
      if (owner.marker.tenant !== after.tenant) {
        return `it belongs to tenant ${quote(owner.marker.tenant)}, whose data ${quote(after.tenant)} would inherit; give ${quote(after.tenant)} another \`slug\``;
      }
      return null;
    case "other":
      return `it belongs to ${belongsTo(owner.marker)}`;
    case "unmarked":
      return after.tenant === null || adopt ? null : "it exists and carries no marker of ours";
    default:
      return (0, import_index_main_step.assertNever)(owner);
  }
}
function liveVerdict({ resource, owner }, tenant, prune) {
  if (owner.kind !== "ours") return { kind: "foreign" };
  if (tenant?.state === "suspended") return UNCHANGED;
  const { key, rows } = resource;
  const why = tenant?.state === "removed" ? "removed" : prune ? "pruned" : null;
  if (why === null) return { kind: "orphan", orphan: { key, tenant: owner.marker.tenant, rows } };
  return {
    kind: "change",
    change: {
      action: "delete",
      key,
      tenant: owner.marker.tenant,
      hazards: hazardsOfLoss(resource.datafile),
      before: beforeOf(resource, owner.marker.sha),
      why,
      rows
    }
  };
}
function hazardsOfLoss(datafile) {
  if (datafile.kind === "datasource") return ["loses-data"];
  return datafile.nodes.some((node) => node.type === "endpoint") ? ["breaks-readers"] : [];
}
function shaOf({ datafile }) {
  const grants = datafile.grants.map(lineOf).sort();
  return (0, import_node_crypto3.hash)("sha256", JSON.stringify({ ...datafile, grants })).slice(0, 16);
}
var belongsTo = (marker) => `tenant ${quote(marker.tenant)} of fleet ${quote(marker.fleet)}`;
var quote = (text) => JSON.stringify(text);
// src/plan/tokens.ts
var RENEW_PART = 3;
var claimsHash = ({ name, scopes, ttl, rps }) => hashOf({ name, scopes: scopes.map(scopeText), ttl, rps });
var liveHash = ({ name, scopes }) => hashOf({ name, scopes: scopes.map(liveScopeText), ttl: 0, rps: null });
var hashOf = ({
  name,
  scopes,
  ttl,
  rps
}) => (0, import_node_crypto2.hash)("sha256", JSON.stringify([name, scopes.sort(), ttl, rps])).slice(0, 16);
var scopeText = (scope) => JSON.stringify([scope.type, scope.resource, squeeze2(scope.filter ?? ""), scope.fixedParams ?? {}]);
var squeeze2 = (filter) => lexemes(filter).map(({ kind, text }) => kind === "name" ? `\`${text}\`` : text).join(" ");
function staticVerdict(after, live, belongs) {
  const { key, tenant } = after;
  if (after.resource.kind !== "token") return UNCHANGED;
  if (live === void 0)
    return { kind: "change", change: { action: "create", key, tenant, hazards: [], after } };
  if (!belongs && tenant !== null) {
    return {
      kind: "conflict",
      conflict: { key, tenant, why: "a token of that name opens resources that are not this tenant\u2019s" }
    };
  }
  if (saysTheSame(after.resource.scopes, live.scopes)) return UNCHANGED;
  const has = new Set(live.scopes.map(liveScopeText));
  const asked = new Set(after.resource.scopes.map((scope) => scopeText(scope)));
  const wanted = tenant === null ? asked.union(has) : asked;
  if (wanted.symmetricDifference(has).size === 0) return UNCHANGED;
  const access = accessOf(after.resource, live, wanted);
  const hazards = [
    ...access.wider ? ["revokes-access"] : [],
    ...access.narrower ? ["widens-access"] : []
  ];
  const before = { id: live.id, sha: (0, import_node_crypto2.hash)("sha256", [...has].sort().join()).slice(0, 16) };
  const { narrower: _, ...told } = access;
  return {
    kind: "change",
    change: { action: "update", key, tenant, hazards, after, before, fields: ["scopes"], access: told }
  };
}
var saysTheSame = (scopes, live) => scopes.length === live.length && scopes.every(({ type, resource, filter, fixedParams }, n) => {
  const there = live[n];
  const isSame = there?.type === type && there.resource === resource && there.filter === (filter ?? null);
  return isSame && fixedParams === void 0;
});
function accessOf({ scopes }, live, wanted) {
  const has = new Set(live.scopes.map(liveScopeText));
  const gone = live.scopes.filter((scope) => !wanted.has(liveScopeText(scope)));
  const come = scopes.filter((scope) => !has.has(scopeText(scope)));
  const written = markerOf(live.description)?.marker.sha;
  return {
    live: gone.map(scopeWords),
    listed: come.map(scopeWords),
    wider: gone.length > 0 || come.some(({ filter }) => filter),
    narrower: come.length > 0 || gone.some(({ filter }) => filter),
    byHand: written !== void 0 && written !== liveHash(live)
  };
}
var scopeWords = ({ type, resource, filter }) => [type, resource, filter ? `(${filter.replace(/[\r\n]+/g, " ").trim()})` : null].filter(Boolean).join(" ");
var liveScopeText = ({ type, resource, filter }) => JSON.stringify([type, resource, squeeze2(filter ?? ""), {}]);
function refreshVerdict(after, live) {
  const { key, tenant } = after;
  const before = { id: live.id, sha: live.id };
  return {
    kind: "change",
    change: {
      action: "update",
      key,
      tenant,
      hazards: ["revokes-access"],
      rotation: true,
      after,
      before,
      fields: ["value"]
    }
  };
}
function jwtVerdict(after, live, isDue) {
  const { key, tenant } = after;
  if (after.resource.kind !== "token") return UNCHANGED;
  if (live === void 0)
    return { kind: "change", change: { action: "create", key, tenant, hazards: [], after } };
  const same = live.claims === claimsHash(after.resource);
  if (same && !isDue(live, after.resource.ttl)) return UNCHANGED;
  const before = { id: after.resource.name, sha: live.claims };
  const fields = same ? ["expiry"] : ["claims"];
  return { kind: "change", change: { action: "update", key, tenant, hazards: [], after, before, fields } };
}
var isRunningOut = ({ expires }, ttl, now) => expires - now <= ttl / RENEW_PART;
function goneVerdict(gone, tenant, prune) {
  const why = goneWhy(tenant, prune);
  const key = (0, import_index_main_step.keyOf)("token", gone.name);
  if (why === null) return { kind: "orphan", orphan: { key, tenant: gone.tenantId, rows: null } };
  const before = { id: gone.id, sha: gone.sha };
  return {
    kind: "change",
    change: { action: "delete", key, tenant: gone.tenantId, hazards: ["revokes-access"], before, why }
  };
}
function rotatedVerdict({ name, id, sha, tenantId }, why) {
  const key = (0, import_index_main_step.keyOf)("token", name);
  const common = { key, tenant: tenantId, hazards: ["revokes-access"], rotation: true };
  return { kind: "change", change: { action: "delete", ...common, before: { id, sha }, why } };
}
function goneWhy(tenant, prune) {
  switch (tenant?.state) {
    case void 0:
      return prune ? "pruned" : null;
    case "active":
      return "narrowed";
    case "suspended":
    case "removed":
      return tenant.state;
  }
}
// src/plan/steps.ts
var ORDER = ["revoke", "apply", "tokens", "remove"];
var KIND_ORDER = { datasource: 0, pipe: 1, token: 2 };
function inSteps(changes) {
  const steps = Map.groupBy(changes, stepOf);
  return ORDER.flatMap((name) => {
    const own = steps.get(name)?.toSorted(byNeed) ?? [];
    if (name === "remove") own.reverse();
    return own.length > 0 ? [{ name, changes: own }] : [];
  });
}
var changesIn = ({ steps }) => steps.flatMap(({ changes }) => changes);
function stepOf(change) {
  const kind = kindOf(change);
  if (kind === "token") {
    if (isJwt(change)) return "tokens";
    if (change.action === "delete" && change.why === "replaced") return "apply";
    return change.hazards.includes("revokes-access") ? "revoke" : "apply";
  }
  if (change.action === "delete") return "remove";
  const onlyRevokes = change.action === "update" && change.fields.join() === "tokens" && change.hazards.includes("revokes-access") && !change.hazards.includes("widens-access");
  return onlyRevokes ? "revoke" : "apply";
}
var isJwt = (change) => change.action === "delete" ? change.before.id === (0, import_index_main_step.nameOf)(change.key) : change.after.resource.kind === "token" && change.after.resource.via === "jwt";
function byNeed(one, other) {
  return compare(one.tenant ?? "", other.tenant ?? "") || (KIND_ORDER[kindOf(one)] ?? 0) - (KIND_ORDER[kindOf(other)] ?? 0) || compare(one.key, other.key);
}
var compare = (one, other) => one < other ? -1 : one > other ? 1 : 0;
var kindOf = (change) => change.key.slice(0, change.key.indexOf("/"));
function checksumOf(changes) {
  const told = changes.filter((change) => !isRenewal(change)).sort(byAction);
  const sum = (0, import_node_crypto.createHash)("sha256");
  for (const [n, change] of told.entries()) sum.update(`${n === 0 ? "" : "\n"}${checksumLine(change)}`);
  return sum.digest("hex").slice(0, 16);
}
var byAction = (one, other) => compare(one.action, other.action) || compare(one.key, other.key);
function checksumLine(change) {
  const before = change.action === "create" ? "-" : change.before.sha;
  const after = change.action === "delete" ? "-" : shaOf2(change.after);
  return `${change.action} ${change.key} ${before} ${after}`;
}
var isRenewal = (change) => change.rotation === true || change.action === "update" && change.fields.join() === "expiry";
function shaOf2(after) {
  const { resource } = after;
  if (after.sha !== "") return after.sha;
  if (resource.kind !== "token") return (0, import_node_crypto.hash)("sha256", (0, import_index_main_step.printDatafile)(resource)).slice(0, 16);
  if (resource.via === "jwt") return claimsHash(resource);
  return (0, import_node_crypto.hash)(
    "sha256",
    resource.scopes.map((scope) => scopeText(scope)).sort().join()
  ).slice(0, 16);
}
// src/report/differences.ts
// src/report/diff.ts
var CONTEXT = 3;
var MOST_EDITS = 600;
var linesOf = (text) => text === "" ? [] : text.split("\n");
function unified(before, after) {
  const edits = editsOf(linesOf(before), linesOf(after));
  return hunksOf(edits).flatMap(([start, end]) => {
    const hunk = edits.slice(start, end);
    const old = rangeOf(edits, { start, end, missing: "+" });
    const now = rangeOf(edits, { start, end, missing: "-" });
    return [`@@ -${old} +${now} @@`, ...hunk.map(({ sign, line: line2 }) => sign + line2)];
  });
}
function rangeOf(edits, at) {
  const count = (part) => part.filter(({ sign }) => sign !== at.missing).length;
  const above = count(edits.slice(0, at.start));
  const n = count(edits.slice(at.start, at.end));
  return `${n === 0 ? above : above + 1},${n}`;
}
function hunksOf(edits) {
  const hunks = [];
  edits.forEach(({ sign }, at) => {
    if (sign === " ") return;
    const last = hunks.at(-1);
    const end = Math.min(edits.length, at + 1 + CONTEXT);
    if (last !== void 0 && at - CONTEXT <= last[1]) last[1] = end;
    else hunks.push([Math.max(0, at - CONTEXT), end]);
  });
  return hunks;
}
function editsOf(before, after) {
  let head2 = 0;
  while (head2 < before.length && head2 < after.length && before[head2] === after[head2]) head2 += 1;
  let tail = 0;
  const shorter = Math.min(before.length, after.length) - head2;
  while (tail < shorter && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const old = before.slice(head2, before.length - tail);
  const now = after.slice(head2, after.length - tail);
  const middle = fewest(old, now) ?? [...signed("-", old), ...signed("+", now)];
  return [
    ...signed(" ", before.slice(0, head2)),
    ...middle,
    ...signed(" ", before.slice(before.length - tail))
  ];
}
var signed = (sign, lines) => lines.map((line2) => ({ sign, line: line2 }));
function fewest(old, now) {
  const most = Math.min(old.length + now.length, MOST_EDITS);
  const reached = new Int32Array(2 * most + 3);
  const rounds = [];
  for (let edits = 0; edits <= most; edits += 1) {
    rounds.push(reached.slice());
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = stepOnto(reached, { diagonal, edits, most }).x;
      while (x < old.length && x - diagonal < now.length && old[x] === now[x - diagonal]) x += 1;
      reached[diagonal + most + 1] = x;
      if (x >= old.length && x - diagonal >= now.length) return walkBack(old, now, { rounds, most });
    }
  }
  return null;
}
function stepOnto(reached, at) {
  const { diagonal, edits, most } = at;
  const above = reached[diagonal + most + 2] ?? 0;
  const left = reached[diagonal + most] ?? 0;
  const comes = diagonal === -edits || diagonal !== edits && left < above;
  return comes ? { x: above, from: diagonal + 1 } : { x: left + 1, from: diagonal - 1 };
}
function walkBack(old, now, { rounds, most }) {
  const edits = [];
  let x = old.length;
  let y = now.length;
  for (let edit = rounds.length - 1; edit > 0; edit -= 1) {
    const reached = rounds[edit] ?? new Int32Array();
    const step = stepOnto(reached, { diagonal: x - y, edits: edit, most });
    const comes = step.from > x - y;
    for (; x > step.x; x -= 1, y -= 1) edits.push({ sign: " ", line: old[x - 1] ?? "" });
    if (comes) edits.push({ sign: "+", line: now[y - 1] ?? "" });
    else edits.push({ sign: "-", line: old[x - 1] ?? "" });
    if (comes) y -= 1;
    else x -= 1;
  }
  for (; x > 0; x -= 1) edits.push({ sign: " ", line: old[x - 1] ?? "" });
  return edits.reverse();
}
// src/report/nameless.ts
var TENANT = "<tenant>";
var SLUG = "<slug>";
function namelessFor({ id, slug }) {
  return (text) => {
    if (text.includes(TENANT) || text.includes(SLUG)) return text;
    let result = "";
    let done = 0;
    let at = nextOf(text, { id, slug }, 0);
    while (at >= 0) {
      const isId = text.startsWith(id, at) && isApart(text, { at, name: id }, ID_GOES_ON);
      if (isId || text.startsWith(slug, at) && isApart(text, { at, name: slug }, SLUG_GOES_ON)) {
        result += text.slice(done, at) + (isId ? TENANT : SLUG);
        at += (isId ? id : slug).length;
        done = at;
      } else at += 1;
      at = nextOf(text, { id, slug }, at);
    }
    return result + text.slice(done);
  };
}
function nextOf(text, { id, slug }, from) {
  const [one, other] = [text.indexOf(id, from), text.indexOf(slug, from)];
  return one < 0 || other >= 0 && other < one ? other : one;
}
var ID_GOES_ON = { before: /[\w-]/, after: /[\w-]/ };
var SLUG_GOES_ON = { before: /\w/, after: /[A-Za-z0-9]/ };
var isApart = (text, { at, name }, goesOn) => !goesOn.before.test(text.charAt(at - 1)) && !goesOn.after.test(text.charAt(at + name.length));
var roleOf = (name, slug) => name.startsWith(`${slug}_`) ? name.slice(slug.length + 1) : name;
// src/report/texts.ts
function textsOf(change, told) {
  if (change.action === "delete") return null;
  const after = change.after.resource;
  if (after.kind === "token") {
    if (change.action === "create") return { before: "", after: sortedLines(after.scopes.map(scopeLine)) };
    if (change.action !== "update" || change.access === void 0) return null;
    return { before: sortedLines(change.access.live), after: sortedLines(change.access.listed) };
  }
  const now = shown(after, told);
  if (change.action === "create") return printed(null, now);
  const live = change.before.datafile;
  if (live === void 0 || live.kind !== now.kind) return null;
  const before = shown(live, told);
  return printed(change.action === "update" ? asTold(before, now, new Set(change.fields)) : before, now);
}
function printed(before, after) {
  try {
    return {
      before: before === null ? "" : (0, import_index_main_step.printDatafile)(before).trimEnd(),
      after: (0, import_index_main_step.printDatafile)(after).trimEnd()
    };
  } catch (error) {
    if (error instanceof import_index_main_step.Stop) return null;
    throw error;
  }
}
function shown(datafile, told) {
  const description = (markerOf(datafile.description)?.rest ?? datafile.description).trim();
  const grants = datafile.grants.filter(({ token }) => !told.has(`token/${token}`)).toSorted((one, other) => compare2(one.token, other.token) || compare2(one.permission, other.permission));
  return { ...datafile, description, grants };
}
function asTold(before, after, fields) {
  const all = fields.has("text");
  const either = (...names2) => all || names2.some((name) => fields.has(name));
  const description = either("description") ? before.description : after.description;
  const grants = either("tokens") ? before.grants : after.grants;
  if (before.kind === "pipe" && after.kind === "pipe") {
    return { ...after, description, grants, nodes: nodesAsTold(before, after, either("target", "type")) };
  }
  if (before.kind !== "datasource" || after.kind !== "datasource") return before;
  return {
    ...after,
    description,
    grants,
    columns: either("columns") ? before.columns.map((column) => columnAsTold(column, after)) : after.columns,
    engine: either("engine", "ttl") ? engineAsTold(before.engine, after.engine) : after.engine,
    ...all ? { indexes: before.indexes, forwardQuery: before.forwardQuery } : {}
  };
}
function nodesAsTold(before, after, isTyped) {
  const wanted = new Map(after.nodes.map((node) => [node.name, node]));
  return before.nodes.map((node) => {
    const same = wanted.get(node.name);
    if (same === void 0) return node;
    const sql = sameText2(node.sql, same.sql) ? same.sql : node.sql;
    return isTyped ? { ...node, sql } : { ...same, description: node.description, sql };
  });
}
function columnAsTold(column, { columns }) {
  const same = columns.find(({ name }) => name === column.name);
  if (same === void 0) return column;
  return {
    ...column,
    type: sameText2(column.type, same.type) ? same.type : column.type,
    default: sameText2(column.default ?? "", same.default ?? "") ? same.default : column.default,
    jsonpath: column.jsonpath ?? same.jsonpath,
    codec: same.codec
  };
}
var TELLING = /* @__PURE__ */ new Set(["SORTING_KEY", "PARTITION_KEY", "TTL"]);
function engineAsTold(before, after) {
  if (before === null) return after;
  const wanted = new Map(after?.options.map(({ command, value }) => [command, value]));
  const options = before.options.filter(({ command }) => wanted.has(command) || TELLING.has(command)).map(({ command, value }) => {
    const same = wanted.get(command);
    return { command, value: same !== void 0 && sameText2(same, value) ? same : value };
  });
  return { type: before.type, options };
}
var sameText2 = (one, other) => one === other || tight(one) === tight(other);
var tight = (text) => (0, import_index_main_step.squeeze)(text).replace(/\s*([(),])\s*/g, "$1");
var scopeLine = ({ type, resource, filter, fixedParams = {} }) => {
  const fixed = Object.entries(fixedParams).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  const narrowed = [...filter === void 0 ? [] : [filter.replace(/\s+/g, " ").trim()], ...fixed];
  return `${type} ${resource}${narrowed.length === 0 ? "" : ` (${narrowed.join(", ")})`}`;
};
var sortedLines = (lines) => lines.toSorted(compare2).join("\n");
var compare2 = (one, other) => one < other ? -1 : one > other ? 1 : 0;
// src/numbers.ts
var grouped = (n) => String(n).replace(/\B(?=(?:\d{3})+$)/g, ",");
var plural = (n, noun) => `${grouped(n)} ${noun}${n === 1 ? "" : "s"}`;
function timeText(seconds) {
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  return [
    ...minutes > 0 ? [`${minutes} min`] : [],
    ...rest > 0 || minutes === 0 ? [`${rest} s`] : []
  ].join(" ");
}
// src/report/words.ts
var KINDS = { datasource: "data source", pipe: "pipe", token: "token" };
var kindOf2 = (key) => KINDS[key.slice(0, key.indexOf("/"))] ?? key;
var FATES = {
  created: { sign: "+", planned: "create", done: "created" },
  updated: { sign: "~", planned: "update", done: "updated" },
  suspended: { sign: "!", planned: "suspend", done: "suspended" },
  removed: { sign: "-", planned: "remove", done: "removed" },
  renewed: { sign: "~", planned: "renew tokens of", done: "renewed" }
};
function inventory(changes) {
  const parts = [];
  const kinds = Map.groupBy(changes, (change) => kindOf2(change.key));
  for (const kind of Object.values(KINDS)) {
    const group = kinds.get(kind) ?? [];
    if (group.length === 0) continue;
    const rows = group.reduce((sum, change) => sum + (change.rows ?? 0), 0);
    parts.push(plural(group.length, kind) + (rows > 0 ? ` with ${plural(rows, "row")}` : ""));
  }
  return parts.join(", ");
}
function story({ fate, changes }) {
  switch (fate) {
    case "created":
      return inventory(changes) + takenOver(changes);
    case "removed":
      return inventory(changes);
    case "renewed":
      return changes.some(({ rotation }) => rotation) ? changes.map(sentence).join("; ") : inventory(changes);
    case "suspended":
      return `access revoked (${plural(changes.filter(({ key }) => key.startsWith("token/")).length, "token")}), data kept`;
    case "updated":
      return changes.map(sentence).join("; ");
  }
}
function takenOver(changes) {
  const adopted = changes.filter(({ action }) => action === "update").map(({ key }) => (0, import_index_main_step.nameOf)(key));
  return adopted.length === 0 ? "" : `; takes over ${adopted.join(", ")}`;
}
var sentence = (change) => `${(0, import_index_main_step.nameOf)(change.key)}: ${wordsOf(change)}`;
function wordsOf(change) {
  if (change.rotation) return rotationWords(change);
  switch (change.action) {
    case "create":
      return `new ${kindOf2(change.key)}`;
    case "update":
      return change.access === void 0 ? change.fields.join(", ") : accessWords(change.access);
    case "replace":
      return `replaced (${change.why})`;
    case "delete":
      return `${kindOf2(change.key)} goes (${change.why})`;
  }
}
function rotationWords(change) {
  if (change.action === "create") return "the next token, handed out from now on";
  if (change.action === "update") return "a new value, the old one is refused at once";
  return change.action === "delete" && change.why === "rotated" ? "the old token goes" : "goes at once";
}
var HAZARDS = {
  "loses-data": "loses rows",
  "breaks-readers": "breaks readers",
  "revokes-access": "takes access away",
  "widens-access": "opens more than before"
};
function hazardWords(changes) {
  const found = new Set(changes.flatMap(({ hazards }) => hazards));
  const losing = changes.filter(({ hazards }) => hazards.includes("loses-data"));
  const rows = losing.reduce((sum, change) => sum + (change.rows ?? 0), 0);
  const isWhole = losing.every(({ action }) => action !== "update" && action !== "adopt");
  const loses = `${isWhole ? "loses" : "may lose data of"} ${plural(rows, "row")}`;
  return Object.entries(HAZARDS).flatMap(([hazard, words2]) => {
    if (!found.has(hazard)) return [];
    if (hazard !== "loses-data") return [words2];
    return [rows > 0 ? loses : isWhole ? words2 : "may lose data"];
  });
}
function accessWords({ live, listed: listed3, wider, byHand: byHand2 }) {
  const moves = [
    ...live.length > 0 ? [`loses ${sampled(live)}`] : [],
    ...listed3.length > 0 ? [`gets ${sampled(listed3)}`] : []
  ].join(", ");
  return byHand2 ? `opens ${wider ? "more" : "less"} than the list says; ${moves}` : moves;
}
var SCOPES_SHOWN = 3;
function sampled(scopes) {
  const left = scopes.length - SCOPES_SHOWN;
  return [...scopes.slice(0, SCOPES_SHOWN), ...left > 0 ? [`${grouped(left)} more`] : []].join(" and ");
}
function excess(change) {
  if (change.action !== "update" || change.access === void 0) return null;
  const { live, listed: listed3, wider, byHand: byHand2 } = change.access;
  if (!wider || !byHand2) return null;
  return live.length > 0 ? { more: sampled(live) } : { lacks: sampled(listed3) };
}
function lastEdit({ updatedAt = "", editedBy }) {
  const when = updatedAt === "" ? [] : [updatedAt.replace(/\.\d+/, "")];
  const told = [...when, ...editedBy === void 0 ? [] : [`by ${editedBy}`]].join(", ");
  return told === "" ? "" : ` (${told})`;
}
function totals(report) {
  const parts = [...tenantTotals(report), ...projectTotals(report)];
  if (parts.length > 0) return parts.join(", ");
  if (report.mode === "verify") return "Nothing was changed";
  if (report.mode === "rotate" || report.mode === "renew" && report.drift) return "No token is due";
  return report.stop === null ? "Nothing to do: the workspace is what the list says" : "Nothing was changed";
}
function tenantTotals({ tenants, mode }) {
  const counts = [];
  for (const [fate, { planned, done }] of Object.entries(FATES)) {
    const own = tenants.filter((tenant) => tenant.fate === fate && tenant.failed === null);
    const skipped = own.filter((tenant) => tenant.skipped !== null).length;
    counts.push([mode === "plan" ? `to ${planned}` : done, own.length - skipped], [`not ${done}`, skipped]);
  }
  counts.push(["failed", tenants.filter(({ failed }) => failed !== null).length]);
  return counts.filter(([, n]) => n > 0).map(([verb, n], nth) => `${nth === 0 ? plural(n, "tenant") : grouped(n)} ${verb}`);
}
function projectTotals({ project, outcomes, mode }) {
  if (project.length === 0) return [];
  if (mode === "plan") return [`${plural(project.length, "project file")} to deploy`];
  const applied = new Set(outcomes.flatMap(({ key, result }) => result === "applied" ? [key] : []));
  const done = project.filter(({ key }) => applied.has(key)).length;
  const left = project.length - done;
  return [
    ...done > 0 ? [`${plural(done, "project file")} deployed`] : [],
    ...left > 0 ? [`${plural(left, "project file")} not deployed`] : []
  ];
}
function verbOf({ fate, failed, skipped }, mode) {
  const { planned, done } = FATES[fate];
  if (failed !== null) return "FAILED";
  if (skipped !== null) return `not ${done}`;
  return mode === "plan" ? planned : done;
}
function account(tenant) {
  if (tenant.failed !== null) return tenant.failed;
  return tenant.skipped === null ? story(tenant) : `${story(tenant)}: ${tenant.skipped}`;
}
function untouched({ plan }) {
  return [
    ...plan.unchanged > 0 ? [`${plural(plan.unchanged, "resource")} unchanged`] : [],
    ...plan.orphans.length > 0 ? [orphans(plan)] : [],
    ...plan.foreign > 0 ? [`${plural(plan.foreign, "resource")} of others untouched`] : []
  ].join(" \xB7 ");
}
function orphans(plan) {
  const tenants = [...new Set(plan.orphans.map(({ tenant }) => tenant))];
  return `${plural(plan.orphans.length, "orphaned resource")} of ${plural(tenants.length, "tenant")} kept`;
}
// src/report/differences.ts
function differencesOf(report, redact) {
  const told = toldTokens(report.plan);
  const groups = /* @__PURE__ */ new Map();
  for (const entry of entriesOf(report)) {
    const key = keyOf2(entry, readingOf(entry, told));
    const group = groups.get(key) ?? { first: entry, tenants: [] };
    groups.set(key, group);
    if (entry.tenant !== null) group.tenants.push(entry.tenant.id);
  }
  const alike = [...groups.values()].map((group) => differenceOf(group, { told, redact }));
  const same = [...Map.groupBy(alike, ({ key }) => key).values()].map(merged);
  return same.sort((one, other) => rank(one) - rank(other) || other.tenants.length - one.tenants.length);
}
function toldTokens({ steps }) {
  const told = /* @__PURE__ */ new Set();
  for (const { changes } of steps) for (const { key } of changes) if (key.startsWith("token/")) told.add(key);
  return told;
}
function* entriesOf({ plan, project, tenants }) {
  for (const conflict2 of plan.conflicts) yield* adoptions(conflict2, tenants);
  for (const change of project) yield { change, tenant: null, adopting: false };
  for (const tenant of tenants)
    for (const change of tenant.changes) yield { change, tenant, adopting: false };
}
function adoptions({ adopting, tenant }, tenants) {
  if (adopting === void 0) return [];
  return [{ change: adopting, tenant: tenants.find(({ id }) => id === tenant) ?? null, adopting: true }];
}
function readingOf({ change, tenant }, told, redact = asItIs) {
  const found = textsOf(change, told);
  const texts = found === null ? null : { before: redact(found.before), after: redact(found.after) };
  const name = (0, import_index_main_step.nameOf)(change.key);
  if (tenant === null) return { texts, nameless: (text) => text, role: name };
  return { texts, nameless: namelessFor(tenant), role: roleOf(name, tenant.slug) };
}
var asItIs = (text) => text;
function keyOf2({ change, adopting }, { texts, nameless, role }) {
  const { key, action, hazards, drift, rows } = change;
  const both = texts === null ? null : [nameless(texts.before), nameless(texts.after)];
  const said3 = [action, adopting, kindOf2(key), role, nameless(wordsOf(change)), hazards, drift, rows, both];
  return (0, import_node_crypto4.hash)("sha256", JSON.stringify(said3));
}
function differenceOf({ first, tenants }, { told, redact }) {
  const { change } = first;
  const { texts, nameless, role } = readingOf(first, told, redact);
  const own = {
    action: first.adopting ? "adopt" : change.action,
    kind: kindOf2(change.key),
    name: (0, import_index_main_step.nameOf)(change.key),
    tenants,
    what: wordsOf(change),
    hazards: change.hazards,
    rows: change.rows ?? null,
    drift: change.drift === true,
    diff: texts === null ? [] : unified(texts.before, texts.after)
  };
  const shared = {
    ...own,
    name: role,
    what: nameless(own.what),
    diff: texts === null ? [] : unified(nameless(texts.before), nameless(texts.after))
  };
  return {
    key: JSON.stringify({ ...shared, tenants: tenants.length === 0 }),
    difference: own,
    nameless: shared
  };
}
function merged(alike) {
  const [first] = alike;
  if (first === void 0) throw new Error("a group of differences without any");
  const tenants = alike.flatMap(({ difference }) => difference.tenants).sort();
  return tenants.length > 1 ? { ...first.nameless, tenants } : first.difference;
}
var ACTIONS = {
  adopt: 0,
  delete: 1,
  replace: 2,
  update: 3,
  create: 4
};
var rank = ({ action, hazards, drift }) => (hazards.includes("loses-data") ? 0 : drift ? 10 : hazards.length > 0 && action !== "create" ? 20 : 30) + ACTIONS[action];
// src/report/fates.ts
function tenantReports(plan, fleet, outcomes) {
  const failures2 = /* @__PURE__ */ new Map();
  const skips = /* @__PURE__ */ new Map();
  for (const outcome of outcomes.toReversed()) {
    if (outcome.tenant === null) continue;
    if (outcome.result === "failed") failures2.set(outcome.tenant, outcome.error);
    if (outcome.result === "skipped") skips.set(outcome.tenant, outcome.because);
  }
  const listed3 = new Map(fleet.tenants.map((tenant) => [tenant.id, tenant]));
  const live = new Set(plan.liveTenants);
  const byTenant2 = Map.groupBy(changesIn(plan), (change) => change.tenant);
  const reports = [];
  for (const [id, changes] of byTenant2) {
    if (id === null) continue;
    const set = changes.map((change) => "after" in change ? change.after.set : null).find(Boolean) ?? null;
    const tenant = listed3.get(id);
    const fate = fateOf(changes, { isLive: live.has(id), state: tenant?.state });
    const failed = failures2.get(id) ?? null;
    reports.push({
      id,
      slug: tenant?.slug ?? (0, import_index_main_step.slugOf)(id),
      at: tenant?.at ?? null,
      fate,
      set,
      changes,
      failed,
      skipped: failed === null ? skips.get(id) ?? null : null
    });
  }
  return reports.sort((one, other) => one.id < other.id ? -1 : 1);
}
function fateOf(changes, at) {
  if (at.state === "removed" || at.state === void 0) return "removed";
  if (at.state === "suspended") return at.isLive ? "suspended" : "created";
  if (changes.every(isRenewal)) return "renewed";
  return at.isLive ? "updated" : "created";
}
// src/report/report.ts
var NO_SECRETS = {
  target: null,
  names: {},
  written: [],
  deleted: [],
  failed: [],
  due: 0,
  seconds: 0,
  layout: null
};
function reportOf(told, redact) {
  const { fleet, mode, workspace, plan, stop, notes, drift } = told;
  const outcomes = told.outcomes ?? (mode === "plan" || mode === "verify" ? [] : allSkipped(plan, stop));
  const changing = {
    plan,
    tenants: tenantReports(plan, fleet, outcomes),
    project: projectChanges(plan)
  };
  return {
    fleet: fleet.name,
    mode,
    workspace: workspace === null ? null : { id: workspace.id, name: workspace.name },
    ...changing,
    differences: differencesOf(changing, redact),
    outcomes,
    deploymentId: told.deploymentId ?? null,
    secrets: told.secrets ?? NO_SECRETS,
    tokenIds: told.tokenIds ?? {},
    notes,
    findings: told.findings ?? [],
    proof: told.proof ?? null,
    stop: stop === null ? null : { name: stop.stop, message: stop.message, exitCode: stop.exitCode },
    drift
  };
}
var shownReport = (report, redact) => (0, import_index_main_step.redactTexts)(report, redact, isResource);
var isResource = (part) => "kind" in part && (part.kind === "pipe" && "nodes" in part || part.kind === "datasource" && "columns" in part || part.kind === "token" && "scopes" in part);
var allSkipped = (plan, stop) => plan.steps.flatMap(
  ({ changes }) => changes.map(({ key, tenant, action }) => {
    return { key, tenant, action, result: "skipped", because: because(stop) };
  })
);
var because = (stop) => stop === null ? "the run stopped" : `the run stopped: ${stop.stop}`;
var projectChanges = (plan) => changesIn(plan).filter((change) => change.tenant === null);
var hasFailed = (report) => report.stop !== null || report.secrets.failed.length > 0 || report.outcomes.some(({ result }) => result === "failed");
function failure(report) {
  if (report.stop !== null) return report.stop.message;
  if (!hasFailed(report)) return null;
  const tenants = report.tenants.flatMap(({ id, failed }) => failed === null ? [] : [id]);
  const who = [
    ...tenants.length > 0 ? [sample("tenant", tenants)] : [],
    ...report.secrets.failed.length > 0 ? [
      sample(
        "secret",
        report.secrets.failed.map(({ name }) => name)
      )
    ] : []
  ];
  const what = who.length > 0 ? who.join(" and ") : "changes to the project";
  return `Failed: ${what}. The summary says why. Run again once the cause is gone: what is done stays done.`;
}
var SHOWN = 10;
var sample = (noun, names2) => `${names2.length} ${noun}${names2.length === 1 ? "" : "s"} (${names2.slice(0, SHOWN).join(", ")}${names2.length > SHOWN ? ", \u2026" : ""})`;
function byTenant(tokens, value) {
  const map = /* @__PURE__ */ Object.create(null);
  for (const token of tokens) {
    const roles = map[token.tenant] ?? /* @__PURE__ */ Object.create(null);
    roles[token.role] = value(token);
    map[token.tenant] = roles;
  }
  return map;
}
// src/github/open.ts
var SECRETS = ["tinybird-token", "tinybird-tokens-token", "github-token", "secrets-token"];
async function openClient(inputs, { repository, apiUrl }, tokenInput) {
  const token = inputs[tokenInput];
  if (token === null) return null;
  const { createClient } = await Promise.resolve().then(() => require("./index.client.cjs"));
  const redact = (0, import_index_main_step.createDataRedactor)(SECRETS.flatMap((name) => inputs[name] ?? []));
  return createClient({ token, tokenInput, repository, apiUrl, redact });
}
// src/drift.ts
var driftOf = (plan) => changesIn(plan).filter((change) => !isRenewal(change));
var hasDrift = (plan) => driftOf(plan).length > 0 || plan.orphans.length > 0;
var SHOWN2 = 10;
function driftNotes(plan) {
  const changes = driftOf(plan);
  const [wide, others] = [true, false].map((is) => changes.filter((one) => excess(one) !== null === is));
  const told = [...wide ?? [], ...others ?? []].map(drifted);
  const kept = plan.orphans.map(({ key, tenant }) => `${(0, import_index_main_step.nameOf)(key)} (${kindOf2(key)} of ${tenant})`);
  return [
    ...told.length === 0 ? [] : [
      `drift: the workspace is not what the list says. An apply (a push, or a run by hand) would make ${plural(changes.length, "change")}: ${shown2(told)}`
    ],
    ...kept.length === 0 ? [] : [`drift: ${plural(kept.length, "orphan")}, which no line of the list asks for: ${shown2(kept)}`]
  ];
}
var shown2 = (lines) => lines.slice(0, SHOWN2).join("; ") + (lines.length > SHOWN2 ? "; \u2026" : "");
function drifted(change) {
  if (change.action === "create") return `missing ${(0, import_index_main_step.nameOf)(change.key)} (${kindOf2(change.key)})`;
  if (change.drift) return `edited ${sentence(change)}${lastEdit(change.before)}`;
  return excess(change) === null ? sentence(change) : `widened ${sentence(change)}`;
}
// src/report/markdown/inert.ts
var oneLine = (text) => (0, import_index_main_step.visible)(text.replace(/\s*[\r\n]+\s*/g, " "));
function code(text) {
  const flat = oneLine(text);
  if (flat === "") return "` `";
  const fence = "`".repeat(longestRun(flat) + 1);
  return /^`|`$|^ .* $/.test(flat) ? `${fence} ${flat} ${fence}` : fence + flat + fence;
}
var longestRun = (text) => Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
var LINKING = /:\/\/|[@#$]|www\.|GH-\d|(?<![0-9a-z])[0-9a-f]{7}/i;
var WORD = /`([^`\r\n]+)`|([^\s`]+)|\s+|`/g;
function inert(text) {
  let prose = "";
  for (const [all, quoted2, word] of oneLine(text).matchAll(WORD)) {
    const next2 = quoted2 === void 0 ? wordOf2(word ?? all) : code(quoted2);
    prose += prose.endsWith("`") && next2.startsWith("`") && !prose.endsWith("\\`") ? ` ${next2}` : next2;
  }
  return prose;
}
function wordOf2(word) {
  const [, open = "", inner = "", close = ""] = /^(["'([]*)(.*?)([)\]"'.,:;!?]*)$/s.exec(word) ?? [];
  return LINKING.test(inner) ? escaped(open) + code(inner) + escaped(close) : escaped(word);
}
var escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/[\\`*{}[\]!~]|(?<!\w)_|_(?!\w)/g, (sign) => `\\${sign}`);
var cell = (markdown) => markdown.replaceAll("|", "\\|");
var html = (text) => `<code>${oneLine(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;")}</code>`;
var htmlProse = (text) => /^[\w ,()-]*$/.test(text) && !LINKING.test(text) ? text : html(text);
function fenced(lines, language) {
  const shown4 = lines.map((line2) => (0, import_index_main_step.visible)(line2).replaceAll("\n", " "));
  const fence = "`".repeat(Math.max(2, ...shown4.map(longestRun)) + 1);
  return [fence + language, ...shown4, fence];
}
function quoted(text) {
  const lines = text.split(/\r\n?|\n/).filter((line2) => line2.trim() !== "");
  return lines.flatMap((line2, at) => {
    const isPoint = /^\s/.test(line2);
    const wasPoint = /^\s/.test(lines[at - 1] ?? "");
    const apart = at > 0 && !(isPoint && wasPoint) ? [">"] : [];
    return [...apart, `> ${isPoint ? "- " : ""}${begun(inert(line2.trim()))}`];
  });
}
var begun = (prose) => prose.replace(/^[-+=]/, "\\$&").replace(/^(\d+)([.)])/, "$1\\$2");
var LONGEST = 300;
var shorten = (text) => text.length > LONGEST ? `${text.slice(0, LONGEST).toWellFormed()}\u2026` : text;
// src/report/rows.ts
var known = /* @__PURE__ */ new WeakMap();
function rowsOf(report) {
  const found = known.get(report) ?? makeRows(report);
  known.set(report, found);
  return found;
}
function makeRows({ tenants, mode }) {
  const groups = /* @__PURE__ */ new Map();
  for (const tenant of tenants) {
    const nameless = namelessFor(tenant);
    const own = rowOf(tenant, mode);
    const parts = own.parts.map(({ name, text }) => ({ name, text: nameless(text) }));
    const because2 = own.because === null ? null : nameless(own.because);
    const shared = { ...own, parts, because: because2 };
    const alone = tenant.fate === "removed" && tenant.changes.some(({ rows = 0 }) => rows !== 0) ? tenant.id : "";
    const key = JSON.stringify([{ ...shared, tenants: [] }, alone]);
    const same = groups.get(key);
    if (same === void 0) groups.set(key, { own, shared, tenants: [tenant] });
    else same.tenants.push(tenant);
  }
  return [...groups.values()].map(({ own, shared, tenants: same }) => same.length === 1 ? own : { ...shared, tenants: same }).sort((one, other) => one.rank - other.rank || other.tenants.length - one.tenants.length);
}
function rowOf(tenant, mode) {
  const { changes, failed, skipped } = tenant;
  return {
    tenants: [tenant],
    verb: verbOf(tenant, mode).toLowerCase(),
    set: tenant.set,
    parts: failed === null ? partsOf3(tenant) : [{ name: null, text: failed }],
    hazards: failed === null && skipped === null ? dangers(tenant) : [],
    losesData: changes.some(({ hazards }) => hazards.includes("loses-data")),
    because: failed === null ? skipped : null,
    rank: rankOf(tenant)
  };
}
function partsOf3(tenant) {
  const isRotated = tenant.fate === "renewed" && tenant.changes.some(({ rotation }) => rotation);
  if (tenant.fate !== "updated" && !isRotated) return [{ name: null, text: story(tenant) }];
  return tenant.changes.map((change) => ({
    name: roleOf((0, import_index_main_step.nameOf)(change.key), tenant.slug),
    text: wordsOf(change) + (change.drift ? ", changed in the workspace" : "")
  }));
}
function dangers({ fate, changes }) {
  switch (fate) {
    case "removed":
    case "suspended":
    case "renewed":
      return [];
    case "created":
      return hazardWords(changes.filter(({ action }) => action !== "create"));
    case "updated":
      return hazardWords(changes);
  }
}
var RANKS = {
  removed: 2,
  suspended: 3,
  updated: 6,
  renewed: 7,
  created: 8
};
var GRAVE = /* @__PURE__ */ new Set(["loses-data", "breaks-readers"]);
function rankOf({ fate, changes, failed, skipped }) {
  if (failed !== null) return 0;
  if (skipped !== null) return 1;
  if (fate === "removed" || fate === "suspended") return RANKS[fate];
  const grave = changes.some(
    (change) => change.drift || excess(change) !== null || change.hazards.some((hazard) => GRAVE.has(hazard))
  );
  if (grave) return 4;
  return fate === "updated" && changes.some(({ hazards }) => hazards.length > 0) ? 5 : RANKS[fate];
}
// src/report/markdown/table.ts
var NAMES_SHOWN = 5;
var PARTS_SHOWN = 6;
function table(report, where, most = Number.POSITIVE_INFINITY) {
  const all = [...projectRows(report), ...rowsOf(report).map((row) => line(rowCells(row)))];
  const blocks = all.slice(0, most).map((row) => [row]);
  const cut = all.length - blocks.length;
  return {
    head: ["| tenant | | set | what |", "|---|---|---|---|"],
    blocks,
    foot: [""],
    rest: (left) => ["", `\u2026 and ${plural(left + cut, "row")} more: ${where}.`, ""],
    ...cut > 0 ? { foot: ["", `\u2026 and ${plural(cut, "row")} more: ${where}.`, ""] } : {}
  };
}
var line = (cells) => `| ${cells.map(cell).join(" | ")} |`;
function rowCells(row) {
  const { length } = row.tenants;
  const ids = row.tenants.slice(0, NAMES_SHOWN).map(({ id }) => code(id));
  const named = ids.join(", ") + (length > NAMES_SHOWN ? ", \u2026" : "");
  const who = length === 1 ? named : `${plural(length, "tenant")}: ${named}`;
  return [who, signed2(row), row.set === null ? "" : code(row.set), whatOf(row)];
}
var signed2 = ({ verb, losesData }) => {
  if (verb === "failed") return "\u274C failed";
  if (/^(remove|suspend)/.test(verb)) return `**${verb}**`;
  return losesData ? `\u26A0\uFE0F ${verb}` : verb;
};
function whatOf({ parts, hazards, because: because2 }) {
  const shown4 = parts.slice(0, PARTS_SHOWN).map(partOf).join("; ");
  const left = parts.length > PARTS_SHOWN ? `; \u2026 ${parts.length - PARTS_SHOWN} more` : "";
  const danger = hazards.length === 0 ? "" : ` \u2014 ${dangerous(hazards)}`;
  return shown4 + left + danger + (because2 === null ? "" : ` \u2014 ${inert(shorten(because2))}`);
}
var partOf = ({ name, text }) => name === null ? inert(shorten(text)) : `${code(name)}: ${inert(shorten(text))}`;
var dangerous = (hazards) => hazards.map((words2) => /^(?:loses|may lose)/.test(words2) ? `**${words2}**` : words2).join(", ");
function projectRows({ project, mode, outcomes }) {
  if (project.length === 0) return [];
  const became = new Map(outcomes.map((outcome) => [outcome.key, outcome]));
  const rows = Map.groupBy(project, ({ key }) => {
    const outcome = became.get(key);
    if (mode === "plan" || outcome === void 0) return "deploy";
    if (outcome.result === "applied") return "deployed";
    return outcome.result === "failed" ? `\u274C failed` : "not deployed";
  });
  return [...rows].map(([verb, changes]) => {
    const parts = changes.map((change) => ({ name: (0, import_index_main_step.nameOf)(change.key), text: wordsOf(change) }));
    const failed = changes.flatMap(({ key }) => {
      const outcome = became.get(key);
      return outcome?.result === "failed" ? [outcome.error] : [];
    });
    const what = whatOf({ parts, hazards: hazardWords(changes), because: failed[0] ?? null });
    return line(["_project_", verb, "", what]);
  });
}
// src/report/markdown/details.ts
var LINES_SHOWN = 300;
var LONGEST_LINE = 1e3;
var TENANTS_SHOWN = 100;
var FEW_TENANTS = 5;
function details(report, where) {
  const all = report.differences;
  const textual = all.filter(({ diff }) => diff.length > 0);
  const changed = textual.filter(({ action }) => action !== "create");
  const made = textual.filter(({ action }) => action === "create");
  const silent = all.filter(({ action, diff }) => action !== "delete" && diff.length === 0);
  const gone = all.filter(({ action }) => action === "delete").sort((one, other) => compare3(one.tenants[0] ?? "", other.tenants[0] ?? ""));
  const rest = (left) => [`\u2026 and ${plural(left, "difference")} more: ${where}.`, ""];
  return [
    { head: [], blocks: changed.map((one) => unfolded(one, where)), foot: [], rest },
    {
      head: [`<details><summary>${plural(countOf(made), "new resource")}</summary>`, ""],
      blocks: made.map((one) => unfolded(one, where)),
      foot: ["</details>", ""],
      rest
    },
    listed(silent, { title: (n) => `${plural(n, "change")} that no text shows`, where }),
    listed(gone, { title: (n) => `${plural(n, "resource")} that ${n === 1 ? "goes" : "go"}`, where })
  ];
}
var compare3 = (one, other) => one < other ? -1 : one > other ? 1 : 0;
var countOf = (differences2) => differences2.reduce((n, { tenants }) => n + Math.max(1, tenants.length), 0);
var names = (report, where) => listed(report.differences, { title: (n) => `${plural(n, "change")} in detail`, where });
function listed(differences2, at) {
  return {
    head: [`<details><summary>${at.title(countOf(differences2))}</summary>`, ""],
    blocks: differences2.map((difference) => [item(difference)]),
    foot: ["", "</details>", ""],
    rest: (left) => [`\u2026 and ${left} more: ${at.where}.`, ""]
  };
}
function item(difference) {
  const { name, what, tenants } = difference;
  const danger = hazardWords([difference]);
  const shown4 = tenants.slice(0, FEW_TENANTS).map(code).join(", ");
  const left = tenants.length > FEW_TENANTS ? ` and ${plural(tenants.length - FEW_TENANTS, "tenant")} more` : "";
  const shared = tenants.length > 1 ? ` in ${shown4}${left}` : "";
  return `- ${code(name)} ${inert(shorten(what))}${shared}${danger.length === 0 ? "" : ` \u2014 ${dangerous(danger)}`}`;
}
function unfolded(difference, where) {
  const { diff, tenants, action, kind } = difference;
  const isNew = action === "create";
  const text = isNew ? diff.slice(1).map((line2) => line2.slice(1)) : diff;
  const shown4 = text.slice(0, LINES_SHOWN).map((line2) => line2.length > LONGEST_LINE ? `${line2.slice(0, LONGEST_LINE).toWellFormed()}\u2026` : line2);
  const left = text.length - shown4.length;
  return [
    `<details><summary>${titleOf(difference)}</summary>`,
    "",
    ...fenced(shown4, isNew ? kind === "token" ? "" : "sql" : "diff"),
    ...left > 0 ? ["", `\u2026 and ${plural(left, "line")} more: ${where}.`] : [],
    ...tenants.length > 1 ? ["", sharers(difference)] : [],
    "",
    "</details>",
    ""
  ];
}
var TITLES = {
  adopt: (_, what) => `what adopting it would change: ${what}`,
  create: (kind) => `new ${kind}`,
  update: (_, what) => what,
  replace: (_, what) => what,
  delete: (_, what) => what
};
function titleOf(difference) {
  const { action, kind, name, what, tenants, drift } = difference;
  const danger = hazardWords([difference]);
  const words2 = TITLES[action](kind, kind === "token" ? "token" : htmlProse(shorten(what)));
  return [
    `${html(name)} ${words2}`,
    ...drift ? ["changed in the workspace"] : [],
    ...danger.length === 0 || action === "create" ? [] : [danger.join(", ")],
    ...tenants.length > 1 ? [`the same change in ${plural(tenants.length, "tenant")}`] : []
  ].join(" \xB7 ");
}
function sharers({ tenants, diff }) {
  const shown4 = tenants.slice(0, TENANTS_SHOWN).map(code).join(", ");
  const left = tenants.length - TENANTS_SHOWN;
  const placeholders = [
    { name: TENANT, what: "id" },
    { name: SLUG, what: "slug" }
  ].filter(({ name }) => diff.some((line2) => line2.includes(name)));
  const legend = placeholders.map(({ name, what }) => `${code(name)} is the ${what} of each`);
  return `In ${shown4}${left > 0 ? ` and ${plural(left, "tenant")} more` : ""}. ${legend.join(", ")}`.trim();
}
// src/report/findings.ts
var placeOf = ({ file, line: line2, column }) => `${file}:${line2}:${column}`;
var reasonOf = ({ rule, level, message, instead }) => `${rule}${level === "unsure" ? " (unsure)" : ""}: ${message}${instead === null ? "" : `. Instead: ${instead}`}`;
function whoseOf({ tenants, example }) {
  if (example === null) return "";
  return tenants === 1 ? `tenant ${example}` : `${plural(tenants, "tenant")}, such as ${example}`;
}
var lineOf2 = (finding) => {
  const whose2 = whoseOf(finding);
  return `${placeOf(finding)} ${reasonOf(finding)}${whose2 === "" ? "" : ` (${whose2})`}`;
};
function findingLines(findings2, most) {
  const lines = certainFirst(findings2).slice(0, most).map(lineOf2);
  const left = findings2.length - lines.length;
  return left === 0 ? lines : [...lines, `\u2026 and ${left} more: \`tinybird-tenants lint\` has them all`];
}
var certainFirst = (findings2) => findings2.toSorted((a, b) => Number(a.level === "unsure") - Number(b.level === "unsure"));
// src/report/markdown/findings.ts
var FEW = 3;
function findings(report, where) {
  if (report.findings.length === 0) return [];
  const lines = certainFirst(report.findings).map((finding) => {
    const whose2 = whoseOf(finding);
    const who = whose2 === "" ? "" : ` (${inert(whose2)})`;
    return [
      `- ${finding.level === "unsure" ? "\u2754" : "\u26A0\uFE0F"} ${code(placeOf(finding))} ${inert(shorten(reasonOf(finding)))}${who}`
    ];
  });
  const rest = (left) => [`- \u2026 and ${plural(left, "finding")} more: ${where}`, ""];
  const folded = lines.slice(FEW);
  const first = { head: [], blocks: lines.slice(0, FEW), foot: [""], rest };
  if (folded.length === 0) return [first];
  const head2 = [`<details><summary>${plural(folded.length, "more finding")}</summary>`, ""];
  return [first, { head: head2, blocks: folded, foot: ["", "</details>", ""], rest }];
}
// src/report/markdown/fit.ts
var NOTE_ROOM = 300;
function within(section, room) {
  let left = room - sizeOf(section.head) - sizeOf(section.foot) - NOTE_ROOM;
  const taken = section.blocks.filter((block) => {
    const size = sizeOf(block);
    if (size > left) return false;
    left -= size;
    return true;
  });
  const missing = section.blocks.length - taken.length;
  if (taken.length === 0) return missing > 0 && room > NOTE_ROOM ? [...section.rest(missing)] : [];
  return [...section.head, ...taken.flat(), ...section.foot, ...missing > 0 ? section.rest(missing) : []];
}
function fitAll(sections, room) {
  const lines = [];
  let left = room;
  for (const section of sections) {
    const taken = within(section, left);
    left -= sizeOf(taken);
    lines.push(...taken);
  }
  return lines;
}
var sizeOf = (lines) => lines.reduce((sum, line2) => sum + line2.length + 1, 0);
// src/report/secrets.ts
function secretsDueWords({ due, seconds, layout }) {
  return {
    // Shorter than that nobody waits for.
    what: plural(due, "secret") + (seconds < SECONDS_TOLD ? "" : `, about ${timeText(seconds)}`),
    why: layout === null ? "" : `${layout.name}: ${layout.why}`
  };
}
var SECONDS_TOLD = 5;
// src/report/markdown/head.ts
var SIGNS = {
  idle: "\u2705 Tinybird tenants \xB7 nothing to do",
  planned: "\u{1F4CB} Tinybird tenants \xB7 planned",
  stopped: "\u26D4 Tinybird tenants \xB7 stopped",
  applying: "\u23F3 Tinybird tenants \xB7 applying",
  applied: "\u2705 Tinybird tenants \xB7 applied",
  renewed: "\u2705 Tinybird tenants \xB7 renewed",
  rotated: "\u2705 Tinybird tenants \xB7 rotated",
  verified: "\u2705 Tinybird tenants \xB7 isolation verified",
  drifted: "\u26A0\uFE0F Tinybird tenants \xB7 drift",
  failed: "\u274C Tinybird tenants \xB7 failed"
};
function phaseOf(report) {
  const done = report.outcomes.some(({ result }) => result === "applied");
  if (report.stop !== null) return done ? "failed" : "stopped";
  if (hasFailed(report)) return "failed";
  if (report.mode === "renew" && report.drift) return "drifted";
  if (report.mode === "verify") return "verified";
  if (report.plan.steps.length === 0 && report.secrets.due === 0) return "idle";
  if (report.mode === "plan") return "planned";
  return { apply: "applied", renew: "renewed", rotate: "rotated" }[report.mode];
}
function headline(phase, { fleet, workspace }) {
  const where = workspace === null ? "workspace not asked" : `workspace ${code(workspace)}`;
  return `### ${SIGNS[phase]} \xB7 fleet ${code(fleet)} \xB7 ${where}`;
}
function head(report, links) {
  const phase = phaseOf(report);
  const workspace = report.workspace?.name ?? null;
  const rest = untouched(report);
  return [
    headline(phase, { fleet: report.fleet, workspace }),
    "",
    ...report.stop === null ? [] : [`> **${report.stop.name}**`, ">", ...reason(report.stop.message), ""],
    ...phase === "failed" ? [...remedy(report, links), ""] : [],
    `**${totals(report)}**${rest === "" ? "" : ` \xB7 ${rest}`}`,
    ""
  ];
}
var LINES_SHOWN2 = 20;
function reason(message) {
  const lines = message.split("\n").map((line2) => line2.length > MOST_IN_A_LINE ? shorten(line2) : line2);
  const shown4 = lines.slice(0, LINES_SHOWN2);
  const last = lines.length > LINES_SHOWN2 ? [`  \u2026 and ${lines.length - LINES_SHOWN2 - 1} more lines, which are in the log`, ...lines.slice(-1)] : [];
  return quoted([...shown4, ...last].join("\n"));
}
var MOST_IN_A_LINE = 1e3;
function remedy({ secrets }, { run }) {
  const again = run === null ? "run it again" : `[run it again](${run})`;
  const stored = secrets.failed.length > 0 ? " Tokens that exist already get their secrets then." : "";
  return [`What is done stays done. Once the cause below is gone, ${again}.${stored}`];
}
function foot(report, links) {
  const { base, head: at, run } = links;
  const range = at === null ? [] : [`${base === null ? "" : `${code(base.slice(0, 7))} \u2192 `}${code(at.slice(0, 7))}`];
  const secrets = report.mode === "plan" ? secretsToCome(report.secrets) : secretsDone(report.secrets);
  const facts = [
    `plan ${code(report.plan.checksum)}`,
    ...secrets,
    ...range,
    ...run === null ? [] : [`[run](${run})`]
  ];
  return [`<sub>${facts.join(" \xB7 ")}</sub>`];
}
function secretsToCome(secrets) {
  if (secrets.due === 0) return [];
  const { what, why } = secretsDueWords(secrets);
  return [`${what} due${why === "" ? "" : ` (${inert(why)})`}`];
}
var secretsDone = ({ written, deleted }) => [[written, "written"], [deleted, "deleted"]].flatMap(
  ([{ length }, what]) => length > 0 ? [`${plural(length, "secret")} ${what}`] : []
);
// src/verify/proof.ts
var ADMINISTRATOR = "administrator";
var isProven = ({ leaks, refusedOwn, moved = [] }) => leaks.length + refusedOwn.length + moved.length === 0;
var RANK = ["rows", "resource", "change", "tokens", "names", "counts"];
var sorted = (leaks) => leaks.toSorted(
  (a, b) => RANK.indexOf(a.kind) - RANK.indexOf(b.kind) || compare4(a.tenant, b.tenant) || compare4(a.resource, b.resource) || compare4(a.curl, b.curl)
);
var compare4 = (a, b) => a < b ? -1 : a > b ? 1 : 0;
// src/verify/words.ts
var SHOWN3 = 20;
var failures = ({ leaks, refusedOwn, moved = [] }) => [
  ...shown3(leaks, leakLines),
  ...shown3(refusedOwn, ({ tenant, role, resource, why, curl }) => [
    `  x ${tenant}/${role} is refused by its own ${resource}: ${why}`,
    ...curl === "" ? [] : [`      ${curl}`]
  ]),
  ...shown3(moved, (sentence2) => [`  x ${sentence2}`])
];
function headline2({ tenants, resources, tried, leaks, answered, refusedOwn }) {
  const refused = refusedOwn.length === 0 ? "" : `, ${grouped(refusedOwn.length)} refused`;
  return `${plural(tenants, "tenant")} \xD7 ${plural(resources, "resource")}: ${plural(tried, "read")} tried, ${plural(leaks.length, "leak")}, ${plural(answered, "own read")} answered${refused}`;
}
function leakLines({ kind, tenant, role, resource, of, why, curl }) {
  const others = of.length === 0 ? "" : ` (${of.map((id) => id === "?" ? "somebody beyond the list" : id).join(", ")})`;
  const whose2 = role === ADMINISTRATOR ? `what ${tenant} has` : `${tenant}/${role}`;
  return [`  LEAK ${kind}: ${whose2} on ${resource}: ${why}${others}`, `      ${curl}`];
}
function shown3(items, linesOf2) {
  const left = items.length - SHOWN3;
  return [
    ...items.slice(0, SHOWN3).flatMap(linesOf2),
    ...left > 0 ? [`  \u2026 and ${grouped(left)} more; --json has all`] : []
  ];
}
// src/report/markdown/proof.ts
var FEW2 = 5;
var NAMES = 5;
var LONGEST_LINE2 = 2e3;
function proofSections(proof, where) {
  const { leaks, refusedOwn, moved = [] } = proof;
  const rest = (what) => (left) => [`\u2026 and ${plural(left, what)} more: ${where}.`, ""];
  const failed = [...leaks.map(leakBlock), ...refusedOwn.map(refusedBlock)];
  return [
    always([`**${isProven(proof) ? "\u2705" : "\u274C"} ${inert(headline2(proof))}**`, ""]),
    ...listed2(failed, { title: (n) => plural(n, "more finding"), rest: rest("finding") }),
    {
      head: [],
      blocks: moved.map((sentence2) => [`- \u274C ${inert(shorten(sentence2))}`]),
      foot: [""],
      rest: rest("finding")
    },
    always(leaks.length + refusedOwn.length === 0 ? [] : [LEGEND, ""]),
    matrix(proof, rest("row")),
    limits(proof, rest("sentence")),
    always(proof.findings.length === 0 ? [] : ["Reading alone shows:", ""]),
    ...findings(proof, where)
  ];
}
var LEGEND = "In these lines `TOKEN` is the value of the token that they are about (for own data: of an administrator), and `TINYBIRD_HOST` the address of the API.";
var always = (lines) => ({
  head: [],
  blocks: lines.length === 0 ? [] : [lines],
  foot: [],
  rest: () => []
});
function listed2(blocks, { title, rest }) {
  const folded = blocks.slice(FEW2);
  const head2 = [`<details><summary>${title(folded.length)}</summary>`, ""];
  return [
    { head: [], blocks: blocks.slice(0, FEW2), foot: [], rest },
    { head: head2, blocks: folded, foot: ["</details>", ""], rest }
  ];
}
function leakBlock(leak) {
  const { resource, why, curl } = leak;
  return [
    `\u274C ${whose(leak)} **${deedOf(leak)}** through ${code(resource)}: ${inert(shorten(why))}`,
    "",
    ...shell(curl),
    ""
  ];
}
var refusedBlock = (refused) => [
  `\u274C ${whose(refused)} **is refused** by its own ${code(refused.resource)}: ${inert(shorten(refused.why))}`,
  "",
  ...shell(refused.curl),
  ""
];
var whose = ({ tenant, role }) => role === ADMINISTRATOR ? `${code(tenant)}'s own data` : `${code(tenant)}'s token ${code(role)}`;
var shell = (line2) => line2 === "" ? [] : line2.length > LONGEST_LINE2 ? ["(a line too long for here)"] : fenced([line2], "sh");
function deedOf({ kind, of }) {
  const others = namesOf(of);
  switch (kind) {
    case "rows":
      return `shows rows of ${others}`;
    case "counts":
      return `counts rows of ${others}`;
    case "resource":
      return `opens what belongs to ${others}`;
    case "names":
      return `tells names of ${others}`;
    case "tokens":
      return "tells tokens";
    case "change":
      return `may change what belongs to ${others}`;
  }
}
function namesOf(ids) {
  if (ids.length === 0) return "others";
  const named = ids.slice(0, NAMES).map((id) => id === "?" ? "somebody beyond the list" : code(id));
  return `${named.join(", ")}${ids.length > NAMES ? ` and ${grouped(ids.length - NAMES)} more` : ""}`;
}
function matrix({ matrix: reaches }, rest) {
  return {
    head: [
      "<details><summary>Who could read what</summary>",
      "",
      "| tenants | set | reads | leaks | refused by |",
      "|---|---|---|---|---|"
    ],
    blocks: reaches.map((reach) => [`| ${cellsOf(reach).map(cell).join(" | ")} |`]),
    foot: ["", "</details>", ""],
    rest
  };
}
function cellsOf({ set, tenants, reads, leaks, refused }) {
  const isBare = reads.length + leaks.length + refused === 0;
  const count = tenants.length === 1 ? "" : `${plural(tenants.length, "tenant")}: `;
  const resources = (names2) => names2.map((name) => inert(shorten(name))).join(", ");
  return [
    `${count}${namesOf(tenants)}`,
    code(set),
    isBare ? "has no token" : reads.length === 0 ? "nothing" : resources(reads),
    leaks.length === 0 ? "" : `\u274C ${resources(leaks)}`,
    grouped(refused)
  ];
}
function limits({ sampled: sampled3, notTried, notes }, rest) {
  const sentences = [
    ...sampled3.map((sentence2) => `Sampled: ${sentence2}`),
    ...notTried.map((sentence2) => `Not tried: ${sentence2}`),
    ...notes
  ];
  return {
    head: [],
    blocks: sentences.map((sentence2) => [`- ${inert(shorten(sentence2))}`]),
    foot: [""],
    rest
  };
}
// src/report/markdown/warnings.ts
var SHOWN4 = 20;
var bounded = (lines, where) => lines.length <= SHOWN4 ? [...lines] : [...lines.slice(0, SHOWN4), `\u2026 and ${lines.length - SHOWN4} more: ${where}`];
var list = (kinds, where) => ({
  head: [],
  blocks: kinds.flatMap((lines) => bounded(lines, where)).map((line2) => [`- ${line2}`]),
  foot: [""],
  rest: (left) => [`- \u2026 and ${left} more: ${where}`, ""]
});
function byHand(report, where) {
  const verb = goingOn(report);
  return list([changesOf(report).flatMap((change) => edited(change, verb))], where);
}
function notices({ plan, secrets, notes, stop }, where) {
  const conflicts = stop?.name === "conflict" ? [] : plan.conflicts;
  return list(
    [
      conflicts.map(({ key, why }) => `\u26D4 ${code((0, import_index_main_step.nameOf)(key))}: ${inert(shorten(why))}`),
      secrets.failed.map(({ name, error }) => `\u274C secret ${code(name)}: ${inert(shorten(error))}`),
      orphaned(plan),
      notes.map((note) => `\u2139\uFE0F ${inert(note.length > LONGEST_NOTE ? shorten(note) : note)}`)
    ],
    where
  );
}
var LONGEST_NOTE = 2e3;
var losses = (report, where) => list(
  [
    report.tenants.flatMap((tenant) => {
      const { id, fate, changes } = tenant;
      const verb = goingOn(report, tenant);
      if (tenant.failed !== null) return [`\u274C ${code(id)}: ${inert(shorten(tenant.failed))}`];
      if (fate === "removed") return [`\u26A0\uFE0F ${code(id)} ${verb} removed: ${inventory(changes)}`];
      if (fate === "suspended") return [`\u23F8\uFE0F ${code(id)} ${verb} suspended: ${story(tenant)}`];
      return changes.flatMap(lost);
    }),
    report.project.flatMap(lost)
  ],
  where
);
function lost(change) {
  if (!change.hazards.includes("loses-data")) return [];
  const name = code((0, import_index_main_step.nameOf)(change.key));
  switch (change.action) {
    case "create":
      return [];
    case "update":
      return [`\u26A0\uFE0F ${name} may lose data: ${inert(shorten(change.fields.join(", ")))} change`];
    case "replace":
      return [`\u26A0\uFE0F ${name} is replaced: ${inventory([change])} (${inert(change.why)})`];
    case "delete":
      return [`\u26A0\uFE0F ${name} goes: ${inventory([change])} (${change.why})`];
  }
}
function edited(change, verb) {
  const wide = excess(change);
  if (wide === null && change.drift !== true) return [];
  const name = code((0, import_index_main_step.nameOf)(change.key));
  if (wide !== null) {
    const what2 = "more" in wide ? code(wide.more) : `it lacks ${code(wide.lacks)}`;
    return [
      `\u26A0\uFE0F ${name} was changed in the workspace and opens more than the list says: ${what2}. It ${verb} brought back`
    ];
  }
  const when = "before" in change ? lastEdit(change.before) : "";
  const what = inert(shorten(wordsOf(change)));
  return [
    `\u21A9\uFE0F ${name} was changed in the workspace, not by the list${inert(when)}: ${what}. It ${verb} brought back`
  ];
}
var changesOf = ({ tenants, project }) => [
  ...project,
  ...tenants.flatMap(({ changes }) => changes)
];
function goingOn({ mode, outcomes }, tenant) {
  if (mode === "plan") return "will be";
  const undone = tenant === void 0 ? outcomes.every(({ result }) => result !== "applied") : tenant.skipped !== null;
  return undone ? "is not" : "is";
}
function orphaned({ orphans: orphans2 }) {
  const names2 = [...Map.groupBy(orphans2, ({ tenant }) => tenant).keys()];
  if (names2.length === 0) return [];
  const rows = orphans2.reduce((sum, orphan) => sum + (orphan.rows ?? 0), 0);
  const shown4 = names2.slice(0, SHOWN4).map(code).join(", ") + (names2.length > SHOWN4 ? ", \u2026" : "");
  const what = plural(orphans2.length, "resource") + (rows > 0 ? ` with ${plural(rows, "row")}` : "");
  return [
    `\u2754 ${plural(names2.length, "tenant")} live but not in the list: ${shown4}. ${what} kept; to remove a tenant, write ${code("state: removed")} in its line`
  ];
}
// src/report/markdown.ts
var COMMENT_LIMIT = 65536;
var SUMMARY_LIMIT = Math.floor(1024 * 1024 / 3);
var FEW_ROWS = 50;
var MARGIN = 256;
function rungs(report, links, limit) {
  const where = whereIn(links, limit);
  const noted = [notices(report, where), ...findings(report, where)];
  const proof = report.proof === null ? [] : proofSections(report.proof, where);
  const beside = [...proof, byHand(report, where), table(report, where), ...noted];
  const short2 = [...proof, byHand(report, where), table(report, where, FEW_ROWS), ...noted];
  const contents = [
    [...beside, ...details(report, where)],
    [...beside, names(report, where)],
    beside,
    short2,
    [...proof, losses(report, where), byHand(report, where), ...noted]
  ];
  const [top, bottom] = [head(report, links), foot(report, links)];
  const room = limit - MARGIN - sizeOf(top) - sizeOf(bottom);
  const texts = contents.map(
    (sections) => [...top, ...fitAll(sections, room), ...bottom].join("\n").toWellFormed()
  );
  const falling = texts.filter(
    (text, at) => text.length <= limit && texts.slice(0, at).every((one) => one.length > text.length)
  );
  return falling.length > 0 ? falling : [headline("planned", { fleet: shorten(report.fleet), workspace: null })];
}
function whereIn({ run }, limit) {
  if (limit > COMMENT_LIMIT) return "the file named by the output `report-path` has everything";
  return run === null ? "the report has everything" : `the summary of the [run](${run}) has everything`;
}
function applying(at, links) {
  const run = links.run === null ? "" : ` Its [run](${links.run}) shows how far it is.`;
  return [headline("applying", at), "", `This plan is being applied.${run}`].join("\n");
}
function stopSummary(error, redact = (text) => text) {
  const message = error instanceof Error ? error.message : String(error);
  return ["### \u26D4 Tinybird tenants \xB7 stopped", "", ...reason(redact(message)), ""].join("\n");
}
// src/github/marker.ts
var PHASES = ["planned", "applying", "applied", "failed"];
var MarkerSchema = (0, import_index_main_step.strictObject)({
  workspace: (0, import_index_main_step.string)(),
  tenants: (0, import_index_main_step.string)(),
  checksum: (0, import_index_main_step.string)(),
  // Comments of version 0.1 have no more than that.
  phase: (0, import_index_main_step._enum)(PHASES).default("planned"),
  parts: (0, import_index_main_step.array)((0, import_index_main_step.tuple)([(0, import_index_main_step.string)(), (0, import_index_main_step.string)()])).nullable().default(null),
  risks: (0, import_index_main_step.array)((0, import_index_main_step.string)()).nullable().default(null)
});
var LINE = /^<!-- tinybird-tenants (\{.*\}) -->$/;
function writeMarker({ workspace, tenants, phase, digest }) {
  const { checksum, parts, risks } = digest;
  const said3 = {
    workspace,
    tenants,
    checksum,
    phase,
    parts: parts === null ? null : [...parts],
    risks: risks === null ? null : [...risks].sort()
  };
  return `<!-- tinybird-tenants ${JSON.stringify(said3).replaceAll(/[<>\-\u2028\u2029]/g, escaped2)} -->`;
}
var escaped2 = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
function readMarker(body) {
  const [line2 = ""] = body.split(/\r?\n/, 1);
  const json = LINE.exec(line2)?.[1];
  if (json === void 0) return null;
  try {
    const parsed = MarkerSchema.safeParse(JSON.parse(json));
    return parsed.success ? markerOf2(parsed.data) : null;
  } catch {
    return null;
  }
}
var markerOf2 = ({ checksum, parts, risks, ...rest }) => ({
  ...rest,
  digest: {
    checksum,
    parts: parts === null ? null : new Map(parts),
    risks: risks === null ? null : new Set(risks)
  }
});
var sameComment = (a, b) => a.workspace === b.workspace && a.tenants === b.tenants;
// src/github/comment.ts
var MOST_CHARACTERS = 65536;
var PERMISSION = "pull-requests: write";
var ACTIONS_BOT = "github-actions[bot]";
var TRIES = 3;
async function upsertComment(client, request) {
  const bodies = fittingBodies(request);
  let sentence2 = tooLong(request);
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const found = await findComment(client, request.number, request.marker);
    if (!found.ok) return { kind: "skipped", sentence: found.failure.sentence };
    if (found.value !== null && isMerged(found.value.marker, request.marker))
      return { kind: "unchanged", id: found.value.id };
    const written = await writeFirst(client, { number: request.number, bodies, found: found.value });
    if (written === null) break;
    if (written.ok) return written.value;
    sentence2 = written.failure.sentence;
    const { status } = written.failure;
    if (status > 0 && status < 500) break;
  }
  return { kind: "skipped", sentence: sentence2 };
}
async function rewriteComment(client, found, request) {
  const written = await writeFirst(client, {
    number: request.number,
    bodies: fittingBodies(request),
    found: { ...found, body: "" }
  });
  if (written === null) return { kind: "skipped", sentence: tooLong(request) };
  return written.ok ? written.value : { kind: "skipped", sentence: written.failure.sentence };
}
function fittingBodies({ marker, rungs: rungs2 }) {
  const line2 = writeMarker(marker);
  return rungs2.map((text) => `${line2}
${text}`).filter((body) => body.length <= MOST_CHARACTERS);
}
var tooLong = ({ number }) => `could not comment on #${number}: even the shortest text is longer than ${MOST_CHARACTERS} characters`;
var isMerged = (found, wanted) => wanted.phase === "planned" && found.phase !== "planned";
async function findComment(client, number, key) {
  const { owner, repo } = client;
  const asked = { what: `read the comments of #${number}`, permission: "pull-requests: read" };
  const answer = await client.ask(
    asked,
    (octokit) => octokit.paginate(octokit.rest.issues.listComments, { owner, repo, issue_number: number, per_page: 100 })
  );
  if (!answer.ok) return answer;
  const candidates = answer.value.flatMap(({ id, body = "", user }) => {
    const marker = readMarker(body);
    if (marker === null || !sameComment(marker, key)) return [];
    return [{ id, body, marker, author: user?.login ?? "" }];
  });
  if (candidates.length === 0) return { ok: true, value: null };
  const ours = await ourLogins(client, candidates);
  if (!ours.ok) return ours;
  return { ok: true, value: candidates.find(({ author }) => ours.value.includes(author)) ?? null };
}
async function ourLogins(client, candidates) {
  const asked = { what: "find out whose token this is", permission: PERMISSION };
  const user = await client.ask(asked, ({ rest }) => rest.users.getAuthenticated());
  if (user.ok) return { ok: true, value: [user.value.data.login] };
  if (user.failure.status !== 403) return user;
  if (candidates.every(({ author }) => author === ACTIONS_BOT || !author.endsWith("[bot]"))) {
    return { ok: true, value: [ACTIONS_BOT] };
  }
  const viewer = await client.ask(asked, (octokit) => octokit.graphql("{ viewer { login } }"));
  if (!viewer.ok) return viewer;
  const known2 = Viewer.safeParse(viewer.value);
  return { ok: true, value: known2.success ? [known2.data.viewer.login] : [] };
}
var Viewer = (0, import_index_main_step.object)({ viewer: (0, import_index_main_step.object)({ login: (0, import_index_main_step.string)() }) });
async function writeFirst(client, { bodies, ...write }) {
  let last = null;
  for (const body of bodies) {
    last = await writeBody(client, { ...write, body });
    const isTooLong = !last.ok && last.failure.status === 422 && /too long/i.test(last.failure.said);
    if (!isTooLong) return last;
  }
  return last;
}
async function writeBody(client, { number, found, body }) {
  const { owner, repo } = client;
  if (found?.body.replaceAll("\r\n", "\n") === body)
    return { ok: true, value: { kind: "unchanged", id: found.id } };
  const asked = { what: `comment on #${number}`, permission: PERMISSION };
  return client.ask(asked, async ({ rest: { issues } }) => {
    if (found !== null) {
      await issues.updateComment({ owner, repo, comment_id: found.id, body });
      return { kind: "updated", id: found.id };
    }
    const once = { request: { retries: 0 } };
    const { data } = await issues.createComment({ owner, repo, issue_number: number, body, ...once });
    return { kind: "created", id: data.id };
  });
}
// src/github/pulls.ts
async function mergedPull(client, { sha, branch }) {
  const { owner, repo } = client;
  const asked = { what: `find the pull request of ${sha.slice(0, 7)}`, permission: "Pull requests: read" };
  const answer = await client.ask(
    asked,
    ({ rest }) => rest.repos.listPullRequestsAssociatedWithCommit({ owner, repo, commit_sha: sha, per_page: 100 })
  );
  if (!answer.ok) return answer;
  const merged2 = answer.value.data.filter((pull2) => pull2.merged_at !== null && pull2.base.ref === branch).sort((one, other) => Number(other.merge_commit_sha === sha) - Number(one.merge_commit_sha === sha));
  const [pull] = merged2;
  return { ok: true, value: pull === void 0 ? null : { number: pull.number } };
}
// src/plan/digest.ts
var MOST_PART_CHARACTERS = 12e3;
var MOST_RISKS = 300;
var DIGITS2 = 8;
function digestOf(plan, named) {
  const parts = partsOf4(plan, named);
  const length = [...parts].reduce((sum, [id]) => sum + JSON.stringify(id).length + DIGITS2 + 5, 0);
  const risks = new Set(risksOf(plan).map(riskDigest));
  return {
    checksum: plan.checksum,
    parts: length > MOST_PART_CHARACTERS ? null : parts,
    risks: risks.size > MOST_RISKS ? null : risks
  };
}
function partsOf4(plan, named) {
  const byTenant2 = Map.groupBy(changesOf2(plan), ({ tenant }) => tenant === null ? "" : named(tenant));
  return new Map(
    [...byTenant2].map(([id, changes]) => [id, short(changes.map(checksumLine).sort().join("\n"))])
  );
}
function risksOf(plan) {
  return changesOf2(plan).filter(
    ({ action, key, hazards }) => action === "delete" && !key.startsWith("token/") || hazards.some((hazard) => RISKS.has(hazard))
  );
}
var RISKS = /* @__PURE__ */ new Set(["loses-data", "breaks-readers"]);
function riskDigest(change) {
  const form = change.action === "delete" ? `delete ${change.key} ${change.why}` : checksumLine(change);
  return short([form, ...change.hazards.toSorted()].join(" "));
}
function departure(reviewed, now) {
  const { parts } = reviewed;
  if (parts === null) return null;
  return {
    added: [...now.keys()].filter((id) => !parts.has(id)).sort(),
    changed: [...now].flatMap(([id, part]) => parts.has(id) && parts.get(id) !== part ? [id] : []).sort(),
    gone: [...parts.keys()].filter((id) => !now.has(id)).sort()
  };
}
var short = (text) => (0, import_node_crypto5.hash)("sha256", text).slice(0, DIGITS2);
var changesOf2 = (plan) => changesIn(plan).filter((change) => !isRenewal(change));
// src/reviewed.ts
var NO_REVIEW = { notes: [], reviewed: null };
async function reviewOf(asked) {
  const { inputs, at, fleet, workspace, plan } = asked;
  const { context, redact } = at;
  const isDue = driftOf(plan).length > 0;
  if (context === null || !isAsked(asked, { context, isDue })) return NO_REVIEW;
  const unknown = (why) => risksOf(plan).length === 0 ? NO_REVIEW : { ...NO_REVIEW, notes: [`this plan was not compared with a reviewed one: ${why}`] };
  const client = await openClient(inputs, context, "github-token");
  if (client === null) return unknown("`github-token` is not given");
  const search = { client, key: keyOf3(inputs, workspace.id, redact), branch: branchOf(context) };
  const found = await findReviewed(search, context.sha);
  if ("missing" in found) return unknown(found.missing);
  const names2 = { fleet: fleet.name, workspace: workspace.name };
  const reviewed = { client, context, redact, isDue, earlier: NO_RISKS, ...found, ...names2 };
  const notes = isDue ? departureNotes(reviewed, plan) : [];
  if (objection({ notes, reviewed }, plan) === null) return { notes, reviewed };
  return { notes, reviewed: { ...reviewed, earlier: await risksBefore(search, context) } };
}
var NO_RISKS = /* @__PURE__ */ new Set();
var branchOf = ({ ref }) => ref.replace(/^refs\/heads\//, "");
async function findReviewed({ client, key, branch }, sha) {
  const pull = await mergedPull(client, { sha, branch });
  if (!pull.ok) return { missing: pull.failure.sentence };
  if (pull.value === null) return { missing: `no pull request brought this commit into ${branch}` };
  const { number } = pull.value;
  const found = await findComment(client, number, key);
  if (!found.ok) return { missing: found.failure.sentence };
  if (found.value !== null) return { number, found: found.value };
  return { missing: `#${number} has no plan for this workspace and list in a comment of ours` };
}
async function risksBefore(search, context) {
  if (context.event !== "push") return NO_RISKS;
  const before = await findReviewed(search, context.before);
  return "missing" in before ? NO_RISKS : before.found.marker.digest.risks ?? NO_RISKS;
}
function isAsked({ inputs, mode, refused }, { context, isDue }) {
  if (refused?.stop === "superseded" || refused?.stop === "request-failed") return false;
  return mode === "apply" && context.event === "push" && inputs.comment && (isDue || context.attempt > 1);
}
var keyOf3 = (inputs, workspace, redact) => ({
  workspace,
  tenants: redact(inputs.tenants)
});
var plannedMarker = (report, inputs, redact) => ({
  ...keyOf3(inputs, report.workspace?.id ?? "", redact),
  phase: "planned",
  digest: digestOf(report.plan, redact)
});
function departureNotes({ found, number, redact }, plan) {
  const { digest } = found.marker;
  if (digest.checksum === plan.checksum) return [];
  return [
    `the plan is not the one that was reviewed in #${number}${said2(departure(digest, partsOf4(plan, redact)))}`
  ];
}
function objection({ reviewed }, plan) {
  if (reviewed === null) return null;
  const { number, found, redact, earlier } = reviewed;
  const { digest } = found.marker;
  if (digest.checksum === plan.checksum) return null;
  const known2 = earlier.union(digest.risks ?? NO_RISKS);
  const fresh = risksOf(plan).filter((change) => !known2.has(riskDigest(change)));
  if (fresh.length === 0) return null;
  const lines = fresh.slice(0, SHOWN5).map((change) => {
    const hazards = change.hazards.length === 0 ? "" : `, ${change.hazards.join(", ")}`;
    const rows = change.rows ? `, ${plural(change.rows, "row")}` : "";
    return `  ${sentence(change)}${rows}${hazards}`;
  });
  if (fresh.length > SHOWN5) lines.push(`  \u2026 and ${fresh.length - SHOWN5} more`);
  return new import_index_main_step.Stop(
    "plan-changed",
    [
      `The plan is not the one that was reviewed in #${number}, and takes away what was not to go there:`,
      ...lines,
      `Reviewed was ${digest.checksum}, now it is ${plan.checksum}${said2(departure(digest, partsOf4(plan, redact)))}. Nothing was sent. To apply it as it is now, start the workflow by hand (workflow_dispatch) with \`plan-checksum: ${plan.checksum}\`; or open a new pull request and merge it when its comment shows what you want.`
    ].join("\n")
  );
}
var SHOWN5 = 10;
function said2(departed) {
  if (departed === null) return " (it was too large to say what differs)";
  const { added, changed, gone } = departed;
  const kinds = [
    ["new in it", added],
    ["different", changed],
    ["no longer in it", gone]
  ];
  const words2 = kinds.flatMap(([what, ids]) => ids.length === 0 ? [] : [`${what}: ${sampled2(ids)}`]);
  return words2.length === 0 ? "" : ` (${words2.join("; ")})`;
}
function sampled2(ids) {
  const shown4 = ids.slice(0, SHOWN5).map((id) => id || "the project");
  return shown4.join(", ") + (ids.length > SHOWN5 ? ` and ${ids.length - SHOWN5} more` : "");
}
// Annotate the CommonJS export names for ESM import in node:
0 && (module.exports = {
  COMMENT_LIMIT,
  FATES,
  NO_SECRETS,
  SUMMARY_LIMIT,
  account,
  applying,
  because,
  byTenant,
  certainFirst,
  changesIn,
  checksumOf,
  claimsHash,
  desiredVerdict,
  driftNotes,
  engineOption,
  excess,
  failure,
  failures,
  findingLines,
  goneVerdict,
  grouped,
  hasDrift,
  hasFailed,
  hazardWords,
  headline,
  inSteps,
  inventory,
  isEdited,
  isProven,
  isRenewal,
  isRunningOut,
  isShorter,
  jwtVerdict,
  lexemes,
  lineOf,
  liveScopeText,
  liveVerdict,
  marked,
  markerOf,
  needsNewTable,
  objection,
  openClient,
  orphans,
  plannedMarker,
  plural,
  reasonOf,
  refreshVerdict,
  reportOf,
  reviewOf,
  rewriteComment,
  rotatedVerdict,
  rowsOf,
  rungs,
  sameExpression,
  secretsDueWords,
  sentence,
  shownReport,
  sorted,
  staticVerdict,
  stopSummary,
  timeText,
  totals,
  untouched,
  upsertComment,
  verbOf,
  writeMarker
});
/*! For license information please see index.cjs.LEGAL.txt */
