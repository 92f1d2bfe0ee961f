var __create = Object.create;
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __getProtoOf = Object.getPrototypeOf;
var __hasOwnProp = Object.prototype.hasOwnProperty;
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
var import_node_fs = require("node:fs");
var import_promises = require("node:fs/promises");
// src/action.ts
var STATE = { started: "main", tokensFile: "tokens-file" };
var stateOf = (name) => process.env[`STATE_${name}`] ?? "";
async function start() {
  if (stateOf(STATE.started) !== "") return cleanUp(stateOf(STATE.tokensFile));
  const file = process.env.GITHUB_STATE;
  if (file) (0, import_node_fs.appendFileSync)(file, `${STATE.started}=started
`);
  const { main } = await Promise.resolve().then(() => require("./index.main-step.cjs"));
  return main(STATE.tokensFile);
}
async function cleanUp(path) {
  if (path !== "") await (0, import_promises.rm)(path, { force: true });
}
start().catch((error) => {
  if (process.exitCode !== void 0) return;
  process.stdout.write(`::error::${error instanceof Error ? error.name : "unknown error"}
`);
  process.exitCode = 1;
});
/*! For license information please see index.cjs.LEGAL.txt */
