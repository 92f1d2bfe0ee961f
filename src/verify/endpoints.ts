// Questions to a pipe: as it wants to be asked, with parameters missing, of others, or meant to break out.
import type { Pipe } from '../datafile/types.ts';
import type { Tenant } from '../model.ts';
import { type Parameter, parametersOf } from '../sandbox/templating/parameters.ts';
import { pathOf, type Question } from './ask.ts';
import { attributeOf, type Evidence } from './columns.ts';
import { type Ground, sqlBehind } from './ground.ts';
import { guess } from './values.ts';

type Params = readonly (readonly [string, string])[];

export interface Endpoint {
  readonly pipe: Pipe;
  /** Id of its tenant; null when shared. */
  readonly owner: string | null;
  readonly parameters: readonly Parameter[];
}

export function endpointOf(ground: Ground, name: string): Endpoint | null {
  const found = ground.pipes.get(name);
  if (found === undefined) return null;
  const parameters = sqlBehind(ground, found.datafile).flatMap((sql) => parametersOf(sql));
  return { pipe: found.datafile, owner: found.tenant?.id ?? null, parameters: unique(parameters) };
}

const unique = (parameters: readonly Parameter[]): Parameter[] => [
  ...new Map(parameters.map((parameter) => [parameter.name, parameter])).values(),
];

export interface Asking {
  readonly evidence: Evidence;
  readonly tenant: Tenant;
  /** Whose values are tried. */
  readonly others: readonly Tenant[];
  readonly full: boolean;
}

export interface OwnQuestion {
  readonly question: Question;
  /** A parameter has a value that the template may not take. */
  readonly guessed: boolean;
}

/** As the tenant would ask it: with what says who it is alone, and should that not do, with something for every parameter. */
export function ownQuestions(endpoint: Endpoint, asking: Asking): OwnQuestion[] {
  const samples = samplesFor(endpoint, asking);
  const said = samples.filter(({ own }) => own);
  const asked = said.length === samples.length ? [said] : [said, samples];
  return asked.map((values) => ({
    question: questionOf(endpoint, 'own', pairsOf(values)),
    guessed: values.some(({ guessed }) => guessed),
  }));
}

/** Every other way to ask it. */
export function twistedQuestions(endpoint: Endpoint, asking: Asking): Question[] {
  const { parameters } = endpoint;
  const { evidence, others, full } = asking;
  const usual = pairsOf(samplesFor(endpoint, asking));
  const without = (name: string): Params => usual.filter(([other]) => other !== name);
  const asked: Params[] = full ? [[], usual] : [[]];
  for (const parameter of parameters) {
    const { name } = parameter;
    const own = usual.find(([other]) => other === name)?.[1] ?? '';
    const foreign = evidence.params.has(name) ? others.flatMap((other) => named(other, name, evidence)) : [];
    asked.push(...foreign.map((value): Params => [...without(name), [name, value]]));
    if (!full) continue;
    asked.push(
      without(name),
      ...twists(parameter, { own, foreign }).map((pairs) => [...without(name), ...pairs]),
    );
  }
  // Parameters that the pipe may not even have.
  if (full) {
    const [other] = others;
    if (other !== undefined)
      asked.push([...usual, ['tenant_id', other.id], ['tenant', other.id], ['id', other.id]]);
    asked.push([...usual, ['q', 'SELECT * FROM _']]);
  }
  const questions = asked.map((params) => questionOf(endpoint, 'rows', params));
  const posted = full && parameters.length > 0 ? postedQuestions(endpoint, asking, usual) : [];
  return [...questions, ...posted];
}

const named = (tenant: Tenant, param: string, { params }: Evidence): string[] => {
  const value = attributeOf(tenant, params.get(param) ?? 'id');
  return value === null ? [] : [value];
};

const INJECTIONS = [
  "' OR 1=1 -- ",
  "' OR '1'='1",
  "\\' OR 1=1 -- ",
  "x') OR (1=1",
  '1 OR 1=1',
  '%',
  '{{tb_secret("x")}}',
] as const;
const EXTREMES = ['', '1', 'true', '1970-01-01', '2105-12-31', '0', '-1', '99999999'] as const;

interface Known {
  readonly own: string;
  readonly foreign: readonly string[];
}

function twists({ name, type }: Parameter, { own, foreign }: Known): Params[] {
  const [other] = foreign;
  const mixed: Params[] =
    other === undefined
      ? []
      : [
          [[name, `${own},${other}`]],
          [
            [name, other],
            [name, own],
          ],
          [
            [name, own],
            [name, other],
          ],
          [[`${name}[]`, other]],
        ];
  const narrow = /^(?:String|Symbol|Column|Table|Array)/.test(type) ? [] : EXTREMES;
  const injected = [...INJECTIONS, ...narrow].map((value): Params => [[name, value]]);
  return [...mixed, ...injected];
}

/** In the body, where nobody may have thought of them. */
function postedQuestions(endpoint: Endpoint, { evidence, others }: Asking, usual: Params): Question[] {
  const [other] = others;
  if (other === undefined) return [];
  const foreign = new Map(usual);
  for (const { name } of endpoint.parameters) {
    const [value] = evidence.params.has(name) ? named(other, name, evidence) : [];
    if (value !== undefined) foreign.set(name, value);
  }
  const base = questionOf(endpoint, 'rows', []);
  const form = new URLSearchParams([...foreign]).toString();
  return [
    { ...base, method: 'POST', body: { type: 'application/x-www-form-urlencoded', text: form } },
    {
      ...base,
      method: 'POST',
      body: { type: 'application/json', text: JSON.stringify(Object.fromEntries(foreign)) },
    },
  ];
}

const questionOf = ({ pipe, owner }: Endpoint, wants: Question['wants'], params: Params): Question => ({
  resource: pipe.name,
  owner,
  wants,
  method: 'GET',
  path: pathOf(`/v0/pipes/${encodeURIComponent(pipe.name)}.json`, params),
});

interface Sampled {
  readonly name: string;
  readonly value: string;
  /** It says which tenant asks. */
  readonly own: boolean;
  readonly guessed: boolean;
}

const samplesFor = ({ parameters }: Endpoint, { evidence, tenant }: Asking): Sampled[] =>
  parameters.flatMap(({ name, type, default: fallback, enum: listed }): Sampled[] => {
    const attribute = evidence.params.get(name);
    const own = attribute === undefined ? null : attributeOf(tenant, attribute);
    if (own !== null) return [{ name, value: own, own: true, guessed: false }];
    if (fallback !== null) return [];
    return [{ name, value: listed?.[0] ?? guess(type), own: false, guessed: listed === undefined }];
  });

const pairsOf = (samples: readonly Sampled[]): Params => samples.map(({ name, value }) => [name, value]);
