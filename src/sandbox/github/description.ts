// GitHub's own description of its API (an extract of its OpenAPI file): which operation a request is, and whether request and answer keep to it.
import { Ajv, type ValidateFunction } from 'ajv';
import * as z from 'zod';
import extract from '../../../test/fixtures/github-openapi-subset.json' with { type: 'json' };
import { asJsonSchema, isRecord } from './json-schema.ts';

/** One method of one path template, e.g. `GET /repos/{owner}/{repo}/actions/secrets`. */
export interface Operation {
  /** GitHub's name for it, e.g. `actions/list-repo-secrets`. */
  readonly id: string;
  readonly method: string;
  readonly template: string;
  readonly pattern: RegExp;
  /** JSON pointer of the operation in the description. */
  readonly pointer: string;
}

const ParameterSchema = z.object({ name: z.string(), in: z.string(), required: z.boolean().default(false) });
type Parameter = z.output<typeof ParameterSchema> & { readonly pointer: string };

const OperationSchema = z.object({ operationId: z.string() });
const document: unknown = asJsonSchema(extract);
const paths = z.record(z.string(), z.record(z.string(), OperationSchema)).parse(extract.paths);

const escapePointer = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1');

/** A reference parameter may hold slashes: `heads/main`, `docs/tenants.yaml`, `main...topic/x`. */
const SLASHED = new Set(['path', 'ref', 'basehead']);

function patternOf(template: string): RegExp {
  const source = template.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    SLASHED.has(name) ? `(?<${name}>.*)` : `(?<${name}>[^/]+)`,
  );
  return new RegExp(`^${source}$`);
}

export const operations: readonly Operation[] = Object.entries(paths).flatMap(([template, methods]) =>
  Object.entries(methods).map(([method, { operationId }]) => ({
    id: operationId,
    method: method.toUpperCase(),
    template,
    pattern: patternOf(template),
    pointer: `/paths/${escapePointer(template)}/${method}`,
  })),
);

export interface Matched {
  readonly operation: Operation;
  readonly params: Readonly<Record<string, string>>;
}

/** The operation a request asks for; a literal segment wins over a parameter, as on GitHub. */
export function matchOperation(method: string, path: string): Matched | null {
  const candidates = operations
    .filter((operation) => operation.method === method && operation.pattern.test(path))
    .sort((a, b) => parameterCount(a.template) - parameterCount(b.template));
  const [operation] = candidates;
  if (operation === undefined) return null;
  const groups = operation.pattern.exec(path)?.groups ?? {};
  const params = Object.fromEntries(
    Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]),
  );
  return { operation, params };
}

const parameterCount = (template: string): number => template.split('{').length - 1;

const ajv = new Ajv({
  strict: false,
  validateFormats: false,
  validateSchema: false,
  coerceTypes: false,
  allErrors: false,
});
ajv.addSchema(z.record(z.string(), z.unknown()).parse(document), 'github');
const compiled = new Map<string, ValidateFunction>();

/** What is wrong with a value, or null. Compiled on first use: most runs touch a handful of operations. */
function violation(pointer: string, value: unknown): string | null {
  const validate = compiled.get(pointer) ?? ajv.compile({ $ref: `github#${pointer}` });
  compiled.set(pointer, validate);
  if (validate(value)) return null;
  return ajv.errorsText(validate.errors, { dataVar: 'body' });
}

/** Follows a JSON pointer, and the `$ref` it may end at. */
function follow(pointer: string): { readonly pointer: string; readonly value: unknown } {
  let value: unknown = document;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    value = isRecord(value) || Array.isArray(value) ? Reflect.get(value, key) : undefined;
  }
  if (isRecord(value) && typeof value.$ref === 'string') return follow(value.$ref.slice(1));
  return { pointer, value };
}

function parametersOf(operation: Operation): Parameter[] {
  const list = follow(`${operation.pointer}/parameters`).value;
  if (!Array.isArray(list)) return [];
  return list.map((_, index) => {
    const found = follow(`${operation.pointer}/parameters/${index}`);
    return { ...ParameterSchema.parse(found.value), pointer: found.pointer };
  });
}

export interface Asked {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Parsed JSON; undefined when nothing was sent. */
  readonly body: unknown;
}

/** The first way in which a request differs from the description, or null. */
export function checkRequest(operation: Operation, asked: Asked): string | null {
  return checkParameters(operation, asked) ?? checkBody(operation, asked.body);
}

function checkParameters(operation: Operation, asked: Asked): string | null {
  const parameters = parametersOf(operation);
  const known = new Set(parameters.filter((each) => each.in === 'query').map((each) => each.name));
  for (const name of asked.query.keys()) {
    if (!known.has(name)) return `query parameter ${name} is not in the description`;
  }
  for (const parameter of parameters) {
    const text = parameter.in === 'path' ? asked.params[parameter.name] : asked.query.get(parameter.name);
    if (text === undefined || text === null) {
      if (parameter.required) return `${parameter.in} parameter ${parameter.name} is missing`;
      continue;
    }
    const schema = `${parameter.pointer}/schema`;
    const number = text.trim() === '' ? Number.NaN : Number(text);
    const wrong = violation(schema, text) && violation(schema, number);
    if (wrong) return `${parameter.in} parameter ${parameter.name}: ${wrong}`;
  }
  return null;
}

function checkBody(operation: Operation, body: unknown): string | null {
  const pointer = `${operation.pointer}/requestBody/content/application~1json/schema`;
  const schema = follow(pointer).value;
  if (!isRecord(schema)) return body === undefined ? null : 'a body was sent, the description has none';
  const wrong = violation(pointer, body);
  if (wrong !== null) return wrong;
  const known = isRecord(schema.properties) ? schema.properties : {};
  const stranger = isRecord(body) && Object.keys(body).find((key) => !Object.hasOwn(known, key));
  return stranger ? `body property ${stranger} is not in the description` : null;
}

/** The first way in which an answer differs from the description, or null. Errors that it does not list must look like `basic-error`. */
export function checkAnswer(operation: Operation, status: number, json: unknown): string | null {
  const response = follow(`${operation.pointer}/responses/${status}`);
  if (response.value === undefined) {
    if (status < 400) return `status ${status} is not in the description`;
    return violation('/components/schemas/basic-error', json);
  }
  const schema = `${response.pointer}/content/application~1json/schema`;
  if (follow(schema).value === undefined)
    return json === undefined ? null : `status ${status} must have no body`;
  return violation(schema, json);
}
