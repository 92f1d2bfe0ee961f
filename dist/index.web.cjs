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
  body: () => export_body,
  formData: () => export_formData,
  webidl: () => export_webidl
});
module.exports = __toCommonJS(stdin_exports);
var import_index_client_web = require("./index.client+web.cjs");
var import_index_main_step = require("./index.main-step.cjs");
// narrow:undici/web
var import_body = (0, import_index_main_step.__toESM)((0, import_index_client_web.require_body)());
var import_formdata = (0, import_index_main_step.__toESM)((0, import_index_client_web.require_formdata)());
var import_webidl = (0, import_index_main_step.__toESM)((0, import_index_client_web.require_webidl)());
var export_body = import_body.default;
var export_formData = import_formdata.default;
var export_webidl = import_webidl.default;
// Annotate the CommonJS export names for ESM import in node:
0 && (module.exports = {
  body,
  formData,
  webidl
});
/*! For license information please see index.cjs.LEGAL.txt */
