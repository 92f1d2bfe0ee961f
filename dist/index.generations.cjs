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
  portsOf: () => portsOf
});
module.exports = __toCommonJS(stdin_exports);
var import_index_generations_run = require("./index.generations+run.cjs");
var import_index_main_step = require("./index.main-step.cjs");
// src/tinybird/classic/settings.ts
var ENGINE_COMMANDS = [
  "ENGINE",
  ...import_index_main_step.ENGINE_OPTIONS.map((option) => `ENGINE_${option}`)
];
var unsendable = (settings, known = []) => settings.filter((setting) => !known.includes(setting.command) && !isRemark(setting)).map(({ command }) => command);
var isRemark = ({ command, value }) => command === "MAINTAINER" || command === "TAGS" && !value.includes("=");
function refuse({ kind, name }, commands) {
  if (commands.length === 0) return;
  const named = [...new Set(commands)].join(", ");
  throw new import_index_main_step.Stop(
    "bad-input",
    `${name}.${kind}: ${named} cannot be set through the API of a Classic workspace. Take it out, or make this ${kind} in Tinybird itself and keep its file out of what is deployed here.`
  );
}
// src/tinybird/classic/datasources.ts
async function createDatasource(client, datasource) {
  const form = datasourceForm(datasource);
  await client.send({ method: "POST", path: "/v0/datasources", body: { form }, class: "create-datasource" });
}
function datasourceForm(datasource) {
  const { name, description, columns, engine, indexes, settings } = datasource;
  refuse(datasource, [
    ...unsendable(settings),
    ...datasource.sharedWith.length > 0 ? ["SHARED_WITH"] : [],
    ...datasource.forwardQuery === null ? [] : ["FORWARD_QUERY"]
  ]);
  if (columns.length === 0) {
    throw new import_index_main_step.Stop(
      "bad-input",
      `${name}.datasource: without a SCHEMA it cannot be created in a Classic workspace.`
    );
  }
  const options = engine?.options.map(({ command, value }) => [`engine_${command.toLowerCase()}`, value]);
  return (0, import_index_main_step.formOf)({
    mode: "create",
    name,
    description,
    schema: (0, import_index_main_step.printColumns)(columns),
    // Rows of JSON find their columns by the paths, which a data source for CSV does not take.
    format: columns.some(({ jsonpath }) => jsonpath !== null) ? "ndjson" : "csv",
    engine: engine?.type,
    ...Object.fromEntries(options ?? []),
    indexes: indexes.length === 0 ? void 0 : printIndexes(indexes)
  });
}
var printIndexes = (indexes) => indexes.map(import_index_main_step.printIndex).join("\n");
var OperationsShape = (0, import_index_main_step.object)({ operations: (0, import_index_main_step.array)((0, import_index_main_step.unknown)()).nullish() });
async function alterDatasource(client, name, { change, dry }) {
  const form = [...alterationForm(change), ...(0, import_index_main_step.formOf)({ dry: String(dry) })];
  const answer = await client.json(
    {
      method: "POST",
      path: `${pathOf(name)}/alter`,
      body: { form },
      // Nothing to do is a 400.
      accept: ({ status, text: text5 }) => status === 400 && /\bno operations to perform\b/i.test(text5),
      idempotent: dry,
      class: "datasource"
    },
    OperationsShape
  );
  return (answer.operations ?? []).map((each) => typeof each === "string" ? each : JSON.stringify(each));
}
function alterationForm({ columns, description, ttl, indexes }) {
  return (0, import_index_main_step.formOf)({
    schema: columns && (0, import_index_main_step.printColumns)(columns),
    description,
    // The server's words for none.
    ttl: ttl === "" ? "false" : ttl,
    indexes: indexes?.length === 0 ? "0" : indexes && printIndexes(indexes)
  });
}
async function exchangeDatasources(client, one, other) {
  const form = (0, import_index_main_step.formOf)({ datasource_a: one, datasource_b: other });
  await client.send({
    method: "POST",
    path: "/v0/datasources/exchange",
    body: { form },
    class: "datasource"
  });
}
async function deleteDatasource(client, name) {
  await client.send({
    method: "DELETE",
    path: pathOf(name),
    accept: ({ status }) => status === 404,
    idempotent: true,
    class: "datasource"
  });
}
var pathOf = (name) => `/v0/datasources/${encodeURIComponent(name)}`;
// src/tinybird/classic/pipes.ts
var text = (0, import_index_main_step.string)().nullish();
var MadeShape = (0, import_index_main_step.object)({
  type: text,
  /** Id of the published node. */
  endpoint: text,
  schedule: (0, import_index_main_step.object)({ cron: text }).nullish(),
  nodes: (0, import_index_main_step.array)((0, import_index_main_step.object)({ id: text, name: text })).nullish()
});
async function createPipe(client, pipe, { replace }) {
  const json = pipeJson(pipe);
  const query = replace ? { force: true } : {};
  const made = await client.json(
    { method: "POST", path: "/v0/pipes", query, body: { json }, class: "pipe" },
    MadeShape
  );
  for (const node of pipe.nodes) {
    const id = made.nodes?.find(({ name }) => name === node.name)?.id ?? node.name;
    if (node.type === "endpoint" && !isPublished(made, [id, node.name])) {
      await client.send({ method: "POST", path: `${nodePath(pipe.name, id)}/endpoint`, class: "pipe" });
    }
    if (node.type === "copy") {
      const form = copyForm(node, made, { replace });
      const path = `${nodePath(pipe.name, id)}/copy`;
      await client.send({ method: "PUT", path, body: { form }, idempotent: true, class: "pipe" });
    }
  }
}
var isPublished = ({ type, endpoint }, node) => endpoint ? node.includes(endpoint) : type === "endpoint";
function pipeJson(pipe) {
  const commandsOf = (node) => commandsIn(pipe, node);
  refuse(pipe, [
    ...unsendable(pipe.settings),
    ...pipe.nodes.flatMap((node) => unsendable(node.settings, commandsOf(node)))
  ]);
  const nodes = pipe.nodes.map((node) => ({
    name: node.name,
    sql: node.sql,
    type: node.type,
    description: node.description,
    ...settingsJson(node.settings.filter(({ command }) => commandsOf(node).includes(command)))
  }));
  const copy = pipe.nodes.find(({ type }) => type === "copy");
  const copied = copy && { target_datasource: settingOf(copy, "TARGET_DATASOURCE"), schedule_cron: null };
  return { name: pipe.name, description: pipe.description, nodes, ...copied };
}
var settingsJson = (settings) => Object.fromEntries(
  settings.map(({ command, value }) => [command === "COPY_MODE" ? "mode" : command.toLowerCase(), value])
);
var COMMANDS = {
  standard: { needs: null, may: [] },
  endpoint: { needs: null, may: [] },
  // Without a target the server would make one up.
  materialized: { needs: "DATASOURCE", may: ["DATASOURCE", ...ENGINE_COMMANDS] },
  copy: { needs: "TARGET_DATASOURCE", may: ["TARGET_DATASOURCE", "COPY_SCHEDULE", "COPY_MODE"] },
  sink: null,
  stream: null
};
function commandsIn({ name }, node) {
  const commands = COMMANDS[node.type];
  const problem = (what) => new import_index_main_step.Stop("bad-input", `${name}.pipe: node ${node.name} is of TYPE ${node.type} and ${what}`);
  if (commands === null) throw problem("needs a connection: make this pipe in Tinybird itself.");
  const { needs, may } = commands;
  if (needs !== null && !settingOf(node, needs)) throw problem(`needs ${needs}.`);
  return may;
}
var settingOf = (node, command) => node.settings.find((setting) => setting.command === command)?.value;
function copyForm(node, made, { replace }) {
  const schedule = settingOf(node, "COPY_SCHEDULE") ?? ON_DEMAND;
  const none = made.schedule?.cron ? "None" : void 0;
  return (0, import_index_main_step.formOf)({
    mode: settingOf(node, "COPY_MODE") ?? "append",
    schedule_cron: schedule === ON_DEMAND ? none : schedule,
    target_datasource: replace ? settingOf(node, "TARGET_DATASOURCE") : void 0
  });
}
var ON_DEMAND = "@on-demand";
async function updateNode(client, pipe, { name, sql }) {
  const path = nodePath(pipe, name);
  await client.send({ method: "PUT", path, body: { text: sql }, idempotent: true, class: "pipe" });
}
async function updatePipe(client, pipe, { description, name }) {
  const form = (0, import_index_main_step.formOf)({ name, description });
  const idempotent = name === void 0;
  await client.send({ method: "PUT", path: pipePath(pipe), body: { form }, idempotent, class: "pipe" });
}
async function deletePipe(client, name) {
  await client.send({
    method: "DELETE",
    path: pipePath(name),
    accept: ({ status }) => status === 404,
    idempotent: true,
    class: "pipe"
  });
}
var JobShape = (0, import_index_main_step.object)({ id: (0, import_index_main_step.string)().min(1) }).or((0, import_index_main_step.object)({ job_id: (0, import_index_main_step.string)().min(1) }).transform((job) => ({ id: job.job_id })));
var PopulationShape = (0, import_index_main_step.object)({ job: JobShape }).or(JobShape.transform((job) => ({ job })));
async function populate(client, pipe, node) {
  const { job } = await client.json(
    {
      method: "POST",
      path: `${nodePath(pipe, node)}/population`,
      // Said although it is the default: other views fill the same target.
      query: { truncate: false, unlink_on_populate_error: false },
      class: "pipe"
    },
    PopulationShape
  );
  return job.id;
}
var pipePath = (pipe) => `/v0/pipes/${encodeURIComponent(pipe)}`;
var nodePath = (pipe, node) => `${pipePath(pipe)}/nodes/${encodeURIComponent(node)}`;
// src/tinybird/tokens.ts
var text2 = (0, import_index_main_step.string)().nullish();
var VALUE = /^[\w.=-]{32,}$/;
var TokenShape = (0, import_index_main_step.object)({
  // Stands in outputs and reports.
  id: (0, import_index_main_step.string)().regex(/^[\w-]+$/),
  name: (0, import_index_main_step.string)(),
  description: text2,
  // Wrapped while parsing, so that no object of ours ever holds the bare value. A reduced view leaves it out.
  token: text2.transform((value) => value && VALUE.test(value) ? new import_index_main_step.Secret(value) : null),
  scopes: (0, import_index_main_step.array)((0, import_index_main_step.object)({ type: (0, import_index_main_step.string)(), resource: text2, filter: text2 })).nullish(),
  origin: (0, import_index_main_step.object)({ type: text2 }).nullish()
});
var LIST = { member: "tokens", item: TokenShape.transform(tokenOf) };
var readTokens = (client) => client.list({ method: "GET", path: "/v0/tokens" }, LIST);
function tokenOf({ id, name, description, token, scopes, origin }) {
  return {
    id,
    name,
    description: description ?? "",
    value: token,
    scopes: (scopes ?? []).map(({ type, resource, filter }) => ({
      type,
      resource: resource || null,
      filter: filter || null
    })),
    origin: origin?.type ?? null
  };
}
async function refreshToken(client, token) {
  await client.send({
    method: "POST",
    path: `/v0/tokens/${encodeURIComponent(token)}/refresh`,
    idempotent: true,
    class: "token"
  });
}
var MintedShape = (0, import_index_main_step.object)({
  token: (0, import_index_main_step.string)().regex(VALUE).transform((value) => new import_index_main_step.Secret(value))
});
async function mintJwt(client, { name, expiresAt, scopes, rps }) {
  const json = { name, scopes: scopes.map(scopeJson), ...rps === null ? {} : { limits: { rps } } };
  const minted = await client.json(
    {
      method: "POST",
      path: "/v0/tokens/",
      query: { expiration_time: expiresAt },
      body: { json },
      // The server stores nothing for a JWT.
      idempotent: true
    },
    MintedShape
  );
  return minted.token;
}
var scopeJson = ({ type, resource, filter, fixedParams }) => ({
  type,
  resource,
  ...filter === void 0 ? {} : { filter },
  ...fixedParams === void 0 ? {} : { fixed_params: fixedParams }
});
// src/tinybird/classic/tokens.ts
async function createToken(client, token) {
  const form = [...(0, import_index_main_step.formOf)({ name: token.name }), ...tokenForm(token)];
  await client.send({ method: "POST", path: "/v0/tokens", body: { form }, class: "token" });
}
async function updateToken(client, token) {
  const form = tokenForm(token);
  await client.send({
    method: "PUT",
    path: pathOf2(token.name),
    body: { form },
    idempotent: true,
    class: "token"
  });
}
function tokenForm({ name, description, scopes }) {
  if (scopes.length === 0) throw new Error(`the token ${name} has no scopes: delete it instead`);
  return [...(0, import_index_main_step.formOf)({ description }), ...scopes.map((scope) => ["scope", scopeText(scope)])];
}
var scopeText = ({ type, resource, filter }) => [type, resource, filter].filter((part) => part !== null).join(":");
async function deleteToken(client, name) {
  try {
    await client.send({
      method: "DELETE",
      path: pathOf2(name),
      accept: ({ status }) => status === 404,
      idempotent: true,
      class: "token"
    });
  } catch (error) {
    const gone = error instanceof import_index_main_step.ApiError && error.status === 403 && await isGone(client, name);
    if (!gone) throw error;
  }
}
async function isGone(client, name) {
  const tokens = await readTokens(client).catch((error) => {
    if (error instanceof import_index_main_step.ApiError) return [];
    throw error;
  });
  const whole2 = tokens.some(
    ({ value, scopes }) => value !== null && scopes.some(({ type }) => type === "ADMIN" || type === "TOKENS")
  );
  return whole2 && tokens.every((token) => token.name !== name);
}
var pathOf2 = (name) => `/v0/tokens/${encodeURIComponent(name)}`;
// src/tinybird/datafile-text.ts
var ROUTES = {
  datasource: (name) => [
    { path: `/v0/datasources/${name}.datasource` },
    { path: `/v0/datasources/${name}`, query: { format: "datasource" } }
  ],
  pipe: (name) => [
    { path: `/v1/pipes/${name}.pipe` },
    { path: `/v0/pipes/${name}.pipe` },
    { path: `/v1/pipes/${name}`, query: { format: "pipe" } },
    { path: `/v0/pipes/${name}`, query: { format: "pipe" } }
  ]
};
async function readDatafileText(client, kind, name) {
  const routes = ROUTES[kind](encodeURIComponent(name));
  for (const route of routes.slice(0, -1)) {
    const reply = await client.send({ method: "GET", ...route, accept: ({ status }) => status === 404 });
    if (reply.status !== 404) return reply.text;
  }
  const last = routes.at(-1);
  if (last === void 0) throw new Error("no route");
  return (await client.send({ method: "GET", ...last })).text;
}
var Names = (0, import_index_main_step.array)((0, import_index_main_step.object)({ name: (0, import_index_main_step.string)() }));
var ConnectorsShape = (0, import_index_main_step.object)({ connectors: Names.optional(), connections: Names.optional() });
async function readConnectors(client) {
  const list = await client.find({ method: "GET", path: "/v0/connectors" }, ConnectorsShape);
  return (list?.connectors ?? list?.connections ?? []).map(({ name }) => name);
}
// src/tinybird/datasources.ts
var text3 = (0, import_index_main_step.string)().nullish();
var ColumnShape = (0, import_index_main_step.object)({
  name: (0, import_index_main_step.string)(),
  type: (0, import_index_main_step.string)(),
  nullable: (0, import_index_main_step.boolean)().nullish(),
  jsonpath: text3,
  default_value: text3,
  codec: text3
});
var IndexShape = (0, import_index_main_step.object)({
  name: (0, import_index_main_step.string)(),
  expr: text3,
  expression: text3,
  type: text3,
  type_full: text3,
  granularity: (0, import_index_main_step.number)().nullish()
});
var ItemShape = (0, import_index_main_step.object)({
  id: (0, import_index_main_step.string)(),
  name: (0, import_index_main_step.string)(),
  description: text3,
  type: text3,
  service: text3,
  connector: text3,
  columns: (0, import_index_main_step.array)(ColumnShape).nullish(),
  schema: (0, import_index_main_step.object)({ columns: (0, import_index_main_step.array)(ColumnShape).nullish() }).nullish(),
  engine: (0, import_index_main_step.looseObject)({ engine: text3 }).nullish(),
  indexes: (0, import_index_main_step.array)(IndexShape).nullish(),
  shared_with: (0, import_index_main_step.array)((0, import_index_main_step.unknown)()).nullish(),
  forward_query: text3,
  statistics: (0, import_index_main_step.object)({ row_count: (0, import_index_main_step.number)().nullish() }).nullish(),
  updated_at: text3
});
var LIST2 = { member: "datasources", item: ItemShape.transform(resourceOf) };
var readDatasources = (client) => client.list({ method: "GET", path: "/v0/datasources" }, LIST2);
function resourceOf(item) {
  return {
    key: (0, import_index_main_step.keyOf)("datasource", item.name),
    id: item.id,
    name: item.name,
    datafile: datasourceOf(item),
    rows: item.statistics?.row_count ?? null,
    unfaithful: unfaithful(item),
    updatedAt: item.updated_at ?? ""
  };
}
function datasourceOf(item) {
  return {
    kind: "datasource",
    name: item.name,
    description: item.description ?? "",
    columns: (item.schema?.columns ?? item.columns ?? []).map(columnOf),
    engine: item.engine ? engineOf(item.engine) : null,
    indexes: (item.indexes ?? []).map(indexOf),
    grants: [],
    sharedWith: (item.shared_with ?? []).map(String),
    forwardQuery: item.forward_query || null,
    settings: []
  };
}
function columnOf(column) {
  return {
    name: column.name,
    type: nullable((0, import_index_main_step.tighten)(column.type), column.nullable === true),
    jsonpath: column.jsonpath || null,
    // Stored with the keyword, as a column definition has it.
    default: (0, import_index_main_step.squeeze)(column.default_value?.replace(/^DEFAULT\s+/i, "") ?? "") || null,
    codec: (0, import_index_main_step.tighten)(column.codec?.replace(/^CODEC\s*\((.*)\)$/is, "$1") ?? "") || null
  };
}
function nullable(type, flag) {
  if (!flag || type.includes("Nullable(")) return type;
  const inner = /^LowCardinality\((.*)\)$/s.exec(type)?.[1];
  return inner === void 0 ? `Nullable(${type})` : `LowCardinality(Nullable(${inner}))`;
}
function engineOf(engine) {
  const type = /^\w+/.exec(engine.engine ?? "")?.[0];
  if (type === void 0) return null;
  const options = import_index_main_step.ENGINE_OPTIONS.flatMap((command) => {
    const key = command.toLowerCase();
    const value = engine[`engine_${key}`] ?? engine[key];
    return typeof value === "string" && value !== "" ? [{ command, value }] : [];
  });
  return { type, options };
}
function indexOf(index) {
  return {
    name: index.name,
    expression: (0, import_index_main_step.squeeze)(index.expr ?? index.expression ?? ""),
    type: (0, import_index_main_step.tighten)(index.type_full ?? index.type ?? ""),
    granularity: index.granularity ?? null
  };
}
var CONNECTORS = /* @__PURE__ */ new Map([
  ["kafka", "Kafka"],
  ["s3", "S3"],
  ["gcs", "Google Cloud Storage"],
  ["dynamodb", "DynamoDB"],
  ["bigquery", "BigQuery"],
  ["snowflake", "Snowflake"]
]);
function unfaithful(item) {
  if (item.name.includes(".")) return "it belongs to another workspace";
  const shares = item.shared_with?.length ?? 0;
  if (shares > 0) return `it is shared with ${shares} other workspace${shares === 1 ? "" : "s"}`;
  const origin = [item.type, item.service, item.connector].map(connectorOf).find((each) => each !== void 0);
  if (origin !== void 0) return `it is filled from ${origin}`;
  return item.connector ? "it is filled through a connection" : null;
}
var connectorOf = (type) => CONNECTORS.get(/^[a-z0-9]+/.exec(type?.toLowerCase() ?? "")?.[0] ?? "");
// src/tinybird/jobs.ts
var JobShape2 = (0, import_index_main_step.object)({
  status: (0, import_index_main_step.string)(),
  progress_percentage: (0, import_index_main_step.number)().nullish().catch(null),
  error: (0, import_index_main_step.unknown)().optional(),
  errors: (0, import_index_main_step.unknown)().optional()
});
async function readJob(client, id) {
  const job = await client.find({ method: "GET", path: `/v0/jobs/${encodeURIComponent(id)}` }, JobShape2);
  if (job === null) return null;
  const phase = PHASES.get(job.status) ?? "working";
  const error = phase === "failed" ? (0, import_index_main_step.summarise)(client.redact(reasonOf(job))) : null;
  return { id, phase, progress: job.progress_percentage ?? null, error };
}
var PHASES = /* @__PURE__ */ new Map([
  ["done", "done"],
  ["error", "failed"],
  ["cancelled", "failed"]
]);
function reasonOf({ status, error, errors }) {
  const said = [error, errors].flat().filter((each) => typeof each === "string" || typeof each === "object" && each !== null).map((each) => typeof each === "string" ? each.trim() : JSON.stringify(each)).filter((each) => each !== "");
  if (said.length > 0) return [...new Set(said)].join(" ");
  return status === "cancelled" ? "It was cancelled." : "The server gives no reason.";
}
var NowShape = (0, import_index_main_step.object)({
  data: (0, import_index_main_step.tuple)([(0, import_index_main_step.object)({ ms: import_index_generations_run.whole })])
});
async function readNow(client) {
  const q = "SELECT toUnixTimestamp64Milli(now64(3)) AS ms FORMAT JSON";
  const { data } = await client.json({ method: "GET", path: "/v0/sql", query: { q } }, NowShape);
  return data[0].ms;
}
// src/tinybird/token-uses.ts
var UsesShape = (0, import_index_main_step.object)({
  data: (0, import_index_main_step.array)(
    (0, import_index_main_step.object)({
      name: (0, import_index_main_step.string)(),
      requests: import_index_generations_run.whole,
      last: import_index_generations_run.whole,
      pipes: (0, import_index_main_step.array)((0, import_index_main_step.string)()),
      agents: (0, import_index_main_step.array)((0, import_index_main_step.string)())
    })
  )
});
async function readTokenUses(client, since) {
  const q = `SELECT token_name AS name, count() AS requests, toUnixTimestamp(max(start_datetime)) AS last,
  groupUniqArray(3)(pipe_name) AS pipes, groupUniqArray(3)(ifNull(user_agent, '')) AS agents
FROM tinybird.pipe_stats_rt WHERE start_datetime >= toDateTime(${Math.floor(since)}, 'UTC') GROUP BY name FORMAT JSON`;
  const { data } = await client.json({ method: "GET", path: "/v0/sql", query: { q } }, UsesShape);
  return data;
}
// src/tinybird/classic.ts
function createClassicReader(client, tokens = client) {
  return {
    workspace: () => (0, import_index_main_step.readWorkspace)(client),
    datasources: () => readDatasources(client),
    pipes: () => (0, import_index_generations_run.readOlderPipes)(client),
    tokens: () => readTokens(tokens),
    // Nothing here refers to a connection: what uses one is not ours to change.
    connectors: async () => [],
    datafileText: (kind, name) => readDatafileText(client, kind, name),
    deployments: noDeployments,
    deployment: noDeployments,
    tokenUses: (since) => readTokenUses(client, since),
    now: () => readNow(client),
    job: (id) => readJob(client, id)
  };
}
async function noDeployments() {
  throw new Error("a Classic workspace has no deployments");
}
function createClassicWriter(client, tokens = client) {
  return {
    generation: "classic",
    eta: (datasources) => client.eta("create-datasource", datasources),
    createDatasource: (datasource) => createDatasource(client, datasource),
    alterDatasource: (name, change, { dry }) => alterDatasource(client, name, { change, dry }),
    exchangeDatasources: (one, other) => exchangeDatasources(client, one, other),
    deleteDatasource: (name) => deleteDatasource(client, name),
    createPipe: (pipe, options) => createPipe(client, pipe, options),
    updateNode: (pipe, node) => updateNode(client, pipe, node),
    updatePipe: (pipe, change) => updatePipe(client, pipe, change),
    deletePipe: (name) => deletePipe(client, name),
    populate: (pipe, node) => populate(client, pipe, node),
    createToken: (token) => createToken(tokens, token),
    updateToken: (token) => updateToken(tokens, token),
    refreshToken: (name) => refreshToken(tokens, name),
    deleteToken: (name) => deleteToken(tokens, name),
    mintJwt: (request) => mintJwt(tokens, request),
    refreshSigningToken: (id) => refreshToken(tokens, id)
  };
}
// src/tinybird/deployments.ts
var names = (0, import_index_main_step.array)((0, import_index_main_step.string)()).nullish();
var text4 = (0, import_index_main_step.string)().nullish();
var FeedbackShape = (0, import_index_main_step.union)([(0, import_index_main_step.string)(), (0, import_index_main_step.object)({ resource: text4, level: text4, message: (0, import_index_main_step.string)() })]);
var ErrorShape = (0, import_index_main_step.union)([(0, import_index_main_step.string)(), (0, import_index_main_step.object)({ filename: text4, error: (0, import_index_main_step.string)() })]);
var PermissionsShape = (0, import_index_main_step.array)((0, import_index_main_step.object)({ resource_name: text4, resource_type: text4, permission: text4 })).nullish();
var TokenChangeShape = (0, import_index_main_step.object)({
  token_name: (0, import_index_main_step.string)(),
  change_type: text4,
  permission_changes: (0, import_index_main_step.object)({ added_permissions: PermissionsShape, removed_permissions: PermissionsShape }).nullish()
});
var DeploymentShape = (0, import_index_main_step.object)({
  id: (0, import_index_main_step.union)([(0, import_index_main_step.string)(), (0, import_index_main_step.number)()]).transform(String).pipe((0, import_index_main_step.string)().regex(/^\d+$/)).nullish(),
  status: text4,
  live: (0, import_index_main_step.boolean)().nullish(),
  created_at: text4,
  feedback: (0, import_index_main_step.array)(FeedbackShape).nullish(),
  errors: (0, import_index_main_step.array)(ErrorShape).nullish(),
  new_datasource_names: names,
  changed_datasource_names: names,
  deleted_datasource_names: names,
  new_pipe_names: names,
  changed_pipe_names: names,
  deleted_pipe_names: names,
  new_data_connector_names: names,
  changed_data_connector_names: names,
  deleted_data_connector_names: names,
  token_changes: (0, import_index_main_step.array)(TokenChangeShape).nullish()
});
var ListShape = (0, import_index_main_step.object)({ deployments: (0, import_index_main_step.array)(DeploymentShape) });
var OneShape = (0, import_index_main_step.object)({ deployment: DeploymentShape });
async function readDeployments(client) {
  const list = await client.json({ method: "GET", path: "/v1/deployments" }, ListShape);
  return list.deployments.map((each) => deploymentOf(each, client.redact)).filter((each) => each !== null).toSorted((a, b) => Number(a.id) - Number(b.id));
}
async function readDeployment(client, id) {
  const path = `/v1/deployments/${encodeURIComponent(id)}`;
  const found = await client.find({ method: "GET", path }, OneShape);
  return found === null ? null : deploymentOf(found.deployment, client.redact);
}
function deploymentOf(json, redact) {
  if (!json.id) return null;
  const status = json.status ?? "";
  const feedback = feedbackOf(json.feedback, redact);
  return {
    id: json.id,
    status,
    phase: PHASES2.get(status) ?? "working",
    live: json.live ?? status === "live",
    createdAt: json.created_at ?? null,
    names: namesOf(json),
    tokenChanges: tokenChangesOf(json),
    errors: [...feedback.errors, ...errorsOf(json.errors, redact)],
    warnings: feedback.warnings
  };
}
var PHASES2 = /* @__PURE__ */ new Map([
  ["data_ready", "ready"],
  ["live", "ready"],
  ["failed", "failed"],
  ["error", "failed"],
  ["deleting", "gone"],
  ["deleted", "gone"]
]);
var NO_NAMES = {
  newDatasources: [],
  changedDatasources: [],
  deletedDatasources: [],
  newPipes: [],
  changedPipes: [],
  deletedPipes: [],
  newConnections: [],
  changedConnections: [],
  deletedConnections: []
};
function namesOf(json) {
  const said = {
    newDatasources: json.new_datasource_names,
    changedDatasources: json.changed_datasource_names,
    deletedDatasources: json.deleted_datasource_names,
    newPipes: json.new_pipe_names,
    changedPipes: json.changed_pipe_names,
    deletedPipes: json.deleted_pipe_names,
    newConnections: json.new_data_connector_names,
    changedConnections: json.changed_data_connector_names,
    deletedConnections: json.deleted_data_connector_names
  };
  const given = Object.entries(said).filter(([, list]) => list);
  return given.length === 0 ? null : { ...NO_NAMES, ...Object.fromEntries(given) };
}
var tokenChangesOf = (json) => (json.token_changes ?? []).map(({ token_name, change_type, permission_changes }) => ({
  name: token_name,
  change: change_type ?? "",
  added: permissionsOf(permission_changes?.added_permissions),
  removed: permissionsOf(permission_changes?.removed_permissions)
}));
var permissionsOf = (list) => (list ?? []).map(({ resource_name, resource_type, permission }) => ({
  resource: resource_name ?? "",
  type: resource_type ?? "",
  permission: permission ?? ""
}));
function feedbackOf(feedback, redact) {
  const errors = [];
  const warnings = [];
  for (const each of feedback ?? []) {
    const item = typeof each === "string" ? { resource: null, level: null, message: each } : each;
    const message = fileMessage(item.resource, redact(item.message));
    if (item.level === "ERROR") errors.push(message);
    else if (item.level !== "INFO") warnings.push(message);
  }
  return { errors, warnings };
}
var errorsOf = (errors, redact) => (errors ?? []).map(
  (each) => typeof each === "string" ? { file: null, message: redact(each) } : fileMessage(each.filename, redact(each.error))
);
function fileMessage(resource, message) {
  if (!resource) return { file: null, message };
  const file = /[\w.-]+\.(?:datasource|pipe|connection)\b/.exec(resource)?.[0];
  if (file !== void 0) return { file, message };
  const [, kind, name] = /^(datasource|data source|pipe|connection)\s+(\w+)$/i.exec(resource.trim()) ?? [];
  if (kind === void 0 || name === void 0) return { file: null, message: `${resource}: ${message}` };
  return { file: `${name}.${kind.toLowerCase().replace(" ", "")}`, message };
}
// src/tinybird/deploy.ts
var AnswerShape = (0, import_index_main_step.object)({
  result: (0, import_index_main_step._enum)(["success", "failed", "no_changes"]).optional(),
  deployment: DeploymentShape.nullish(),
  errors: (0, import_index_main_step.array)(ErrorShape).nullish(),
  error: (0, import_index_main_step.string)().nullish()
});
async function deploy(client, files, { check, destructive }) {
  const query = {
    ...check ? { check } : {},
    ...destructive ? { allow_destructive_operations: true } : {}
  };
  const json = await client.json(
    { method: "POST", path: "/v1/deploy", query, body: { files }, accept: isAnswer, idempotent: check },
    AnswerShape.refine(
      (answer) => answer.result !== void 0 || whyFailed(answer, (text5) => text5).length > 0,
      {
        path: ["result"],
        message: "missing"
      }
    ).refine((answer) => answer.result !== "success" || check || Boolean(answer.deployment?.id), {
      path: ["deployment", "id"],
      message: "missing"
    })
  );
  return answerOf(json, client);
}
function isAnswer({ status, text: text5 }) {
  if (status !== 400 && status !== 403) return false;
  try {
    const parsed = AnswerShape.safeParse(JSON.parse(text5));
    return parsed.success && (parsed.data.result !== void 0 || status === 400);
  } catch {
    return false;
  }
}
function answerOf(json, { redact }) {
  const { result = "failed" } = json;
  const { warnings } = feedbackOf(json.deployment?.feedback, redact);
  if (result === "no_changes") return { result, warnings };
  const deployment = json.deployment ? deploymentOf(json.deployment, redact) : null;
  const names2 = json.deployment ? namesOf(json.deployment) : null;
  const tokenChanges = json.deployment ? tokenChangesOf(json.deployment) : [];
  if (result === "success") return { result, deployment, names: names2 ?? NO_NAMES, tokenChanges, warnings };
  const said = whyFailed(json, redact);
  const errors = said.length > 0 ? said : [{ file: null, message: "The server gives no reason." }];
  const inProgress = errors.some(({ message }) => /\bdeployment\b.*\bin progress\b/i.test(message));
  return { result, deployment, names: names2, tokenChanges, warnings, errors, inProgress };
}
function whyFailed({ deployment, errors, error }, redact) {
  const places = [
    feedbackOf(deployment?.feedback, redact).errors,
    errorsOf(deployment?.errors, redact),
    errorsOf(errors, redact),
    error ? [{ file: null, message: redact(error) }] : []
  ];
  return places.find((place) => place.length > 0) ?? [];
}
// src/tinybird/forward.ts
function createReader(client, tokens = client) {
  return {
    workspace: () => (0, import_index_main_step.readWorkspace)(client),
    datasources: () => readDatasources(client),
    pipes: () => (0, import_index_generations_run.readPipes)(client),
    tokens: () => readTokens(tokens),
    connectors: () => readConnectors(client),
    datafileText: (kind, name) => readDatafileText(client, kind, name),
    deployments: () => readDeployments(client),
    deployment: (id) => readDeployment(client, id),
    tokenUses: (since) => readTokenUses(client, since),
    now: () => readNow(client),
    job: (id) => readJob(client, id)
  };
}
function createWriter(client, tokens = client) {
  const path = (id) => `/v1/deployments/${encodeURIComponent(id)}`;
  return {
    generation: "forward",
    deploy: (files, options) => deploy(client, files, options),
    setLive: async (id) => {
      await client.send({ method: "POST", path: `${path(id)}/set-live` });
    },
    removeDeployment: async (id) => {
      await client.send({ method: "DELETE", path: path(id), accept: ({ status }) => status === 404 });
    },
    mintJwt: (request) => mintJwt(tokens, request),
    refreshSigningToken: (id) => refreshToken(tokens, id)
  };
}
// src/tinybird/generations.ts
function portsOf({ generation }, client, tokens) {
  switch (generation) {
    case "forward":
      return { reader: createReader(client, tokens), writer: createWriter(client, tokens) };
    case "classic":
      return { reader: createClassicReader(client, tokens), writer: createClassicWriter(client, tokens) };
    default:
      return (0, import_index_main_step.assertNever)(generation);
  }
}
// Annotate the CommonJS export names for ESM import in node:
0 && (module.exports = {
  portsOf
});
/*! For license information please see index.cjs.LEGAL.txt */
