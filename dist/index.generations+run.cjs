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
  nameTargets: () => nameTargets,
  readOlderPipes: () => readOlderPipes,
  readPipes: () => readPipes,
  whole: () => whole
});
module.exports = __toCommonJS(stdin_exports);
var import_index_main_step = require("./index.main-step.cjs");
// src/tinybird/pipes.ts
var text = (0, import_index_main_step.string)().nullish();
var NodeShape = (0, import_index_main_step.object)({
  id: text,
  name: (0, import_index_main_step.string)(),
  description: text,
  sql: text,
  node_type: text,
  /** Id of the target. */
  materialized: text
});
var ItemShape = (0, import_index_main_step.object)({
  id: (0, import_index_main_step.string)(),
  name: (0, import_index_main_step.string)(),
  description: text,
  type: text,
  /** Id of the published node. */
  endpoint: text,
  copy_mode: text,
  copy_node: text,
  copy_target_datasource: text,
  schedule: (0, import_index_main_step.object)({ cron: text }).nullish(),
  nodes: (0, import_index_main_step.array)(NodeShape),
  updated_at: text,
  // Nice to know, and of no documented shape.
  edited_by: text.catch(null)
});
var LIST = { member: "pipes", item: ItemShape.transform(resourceOf) };
async function readPipes(client) {
  const newer = await client.findList({ method: "GET", path: "/v1/pipes" }, { ...LIST, otherwise: "data" });
  return newer ?? readOlderPipes(client);
}
var readOlderPipes = (client) => client.list({ method: "GET", path: "/v0/pipes" }, LIST);
function resourceOf(item) {
  return {
    key: (0, import_index_main_step.keyOf)("pipe", item.name),
    id: item.id,
    name: item.name,
    datafile: pipeOf(item),
    rows: null,
    unfaithful: unfaithful(item),
    updatedAt: item.updated_at ?? "",
    ...item.edited_by ? { editedBy: item.edited_by } : {}
  };
}
function pipeOf(item) {
  return {
    kind: "pipe",
    name: item.name,
    description: item.description ?? "",
    nodes: item.nodes.map((node) => nodeOf(item, node)),
    grants: [],
    settings: []
  };
}
function nodeOf(pipe, node) {
  const type = typeOf(pipe, node);
  return {
    name: node.name,
    description: node.description ?? "",
    sql: sqlOf(node.sql ?? ""),
    type,
    settings: settingsOf(type, pipe, node)
  };
}
var sqlOf = (sql) => /^(?:%\n)?[^\s%]/.test(sql) && !/\s$|\n[ \t]+\n|\r/.test(sql) ? sql : (0, import_index_main_step.readSql)(sql.replaceAll("\r\n", "\n"));
var NODE_TYPES = ["standard", "endpoint", "materialized", "copy", "sink", "stream"];
function typeOf(pipe, node) {
  const said = NODE_TYPES.find((type) => type === node.node_type);
  if (said !== void 0 && said !== "standard") return said;
  const isNode = (reference) => Boolean(reference) && (reference === node.id || reference === node.name);
  if (isNode(pipe.endpoint)) return "endpoint";
  if (node.materialized) return "materialized";
  return isNode(pipe.copy_node) ? "copy" : "standard";
}
function settingsOf(type, pipe, node) {
  const some = (command, value) => value ? [{ command, value }] : [];
  if (type === "materialized") return some("DATASOURCE", node.materialized);
  if (type !== "copy") return [];
  return [
    ...some("TARGET_DATASOURCE", pipe.copy_target_datasource),
    ...some("COPY_SCHEDULE", pipe.schedule?.cron || "@on-demand"),
    ...some("COPY_MODE", pipe.copy_mode)
  ];
}
function unfaithful(item) {
  if (item.name.includes(".")) return "it belongs to another workspace";
  const types = [item.type, ...item.nodes.map((node) => node.node_type)];
  if (types.includes("sink")) return "it writes through a connection";
  if (types.includes("stream")) return "it streams through a connection";
  return types.includes("timeseries") ? "it is a time series" : null;
}
var TARGETS = /* @__PURE__ */ new Set(["DATASOURCE", "TARGET_DATASOURCE"]);
function nameTargets(pipes, datasources) {
  const names = new Map(datasources.map(({ id, name }) => [id, name]));
  const setting = (each) => TARGETS.has(each.command) ? { ...each, value: names.get(each.value) ?? each.value } : each;
  const hasTarget = (node) => node.settings.some(({ command }) => TARGETS.has(command));
  return pipes.map((pipe) => {
    if (pipe.datafile.kind !== "pipe" || !pipe.datafile.nodes.some(hasTarget)) return pipe;
    const nodes = pipe.datafile.nodes.map((node) => ({ ...node, settings: node.settings.map(setting) }));
    return { ...pipe, datafile: { ...pipe.datafile, nodes } };
  });
}
// src/tinybird/whole.ts
var whole = (0, import_index_main_step.union)([(0, import_index_main_step.number)(), (0, import_index_main_step.string)().regex(/^\d+$/).transform(Number)]);
// Annotate the CommonJS export names for ESM import in node:
0 && (module.exports = {
  nameTargets,
  readOlderPipes,
  readPipes,
  whole
});
/*! For license information please see index.cjs.LEGAL.txt */
