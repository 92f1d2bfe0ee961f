// Names that no parameter may have: the API's own request parameters and Python's built-in functions.

/** What the API takes for itself; such a request parameter never reaches a template. */
const API_NAMES = new Set([
  ...['__tb__semver', '__tb__deployment', 'cli_version', 'from'],
  ...['debug_source_tables', 'debug', 'explain', 'finalize_aggregations'],
  ...['output_format_json_quote_64bit_integers', 'output_format_json_quote_denormals'],
  ...['output_format_parquet_string_as_string', 'pipeline', 'playground', 'q', 'query_id'],
  ...['release_replacements', 'tag', 'template_parameters', 'token', 'job_timestamp'],
]);

/** `format` and `id` are built-ins too, and allowed. */
const PYTHON_NAMES = new Set(
  (
    'abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile complex ' +
    'copyright credits delattr dict dir divmod enumerate eval exec exit filter float frozenset getattr globals ' +
    'hasattr hash help hex input int isinstance issubclass iter len license list locals map max memoryview min ' +
    'next object oct open ord pow print property quit range repr reversed round set setattr slice sorted ' +
    'staticmethod str sum super tuple type vars zip'
  ).split(' '),
);

export const isReserved = (name: string): boolean => API_NAMES.has(name) || PYTHON_NAMES.has(name);

/** The request parameters that a template may see. */
export const templateParameters = (params: ReadonlyMap<string, string>): ReadonlyMap<string, string> =>
  new Map([...params].filter(([name]) => !API_NAMES.has(name)));
