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
  ProxyAgent: () => export_ProxyAgent
});
module.exports = __toCommonJS(stdin_exports);
var import_index_client_proxy = require("./index.client+proxy.cjs");
var import_index_main_step = require("./index.main-step.cjs");
// narrow:undici/proxy
var import_proxy_agent = (0, import_index_main_step.__toESM)((0, import_index_client_proxy.require_proxy_agent)());
var export_ProxyAgent = import_proxy_agent.default;
// Annotate the CommonJS export names for ESM import in node:
0 && (module.exports = {
  ProxyAgent
});
/*! For license information please see index.cjs.LEGAL.txt */
