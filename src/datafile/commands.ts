// Which commands each kind of datafile knows, for both generations of the platform.

/** Options of ENGINE without the `ENGINE_` prefix, in the order they are written. */
export const ENGINE_OPTIONS = [
  'PARTITION_KEY',
  'SORTING_KEY',
  'PRIMARY_KEY',
  'SAMPLING_KEY',
  'TTL',
  'VER',
  'IS_DELETED',
  'SIGN',
  'VERSION',
  'COLUMNS',
  'SUMMING_COLUMNS',
  'KEY',
  'KEY_COLUMNS',
  'JOIN_STRICTNESS',
  'JOIN_TYPE',
  'SETTINGS',
];

const ENGINE = ['ENGINE', ...ENGINE_OPTIONS.map((option) => `ENGINE_${option}`)];

const ANYWHERE = ['DESCRIPTION', 'TOKEN', 'TAGS', 'VERSION', 'INCLUDE', 'MAINTAINER'];

const KAFKA = [
  'KAFKA_CONNECTION_NAME',
  'KAFKA_TOPIC',
  'KAFKA_GROUP_ID',
  'KAFKA_AUTO_OFFSET_RESET',
  'KAFKA_STORE_RAW_VALUE',
  'KAFKA_STORE_HEADERS',
  'KAFKA_STORE_BINARY_HEADERS',
  'KAFKA_KEY_FORMAT',
  'KAFKA_VALUE_FORMAT',
  'KAFKA_TARGET_PARTITIONS',
  // Classic: the connection written out in the data source.
  'KAFKA_BOOTSTRAP_SERVERS',
  'KAFKA_KEY',
  'KAFKA_SECRET',
  'KAFKA_SCHEMA_REGISTRY_URL',
  'KAFKA_KEY_AVRO_DESERIALIZATION',
  'KAFKA_SASL_MECHANISM',
];

const IMPORT = [
  'IMPORT_CONNECTION_NAME',
  'IMPORT_BUCKET_URI',
  'IMPORT_SCHEDULE',
  'IMPORT_FROM_TIMESTAMP',
  'IMPORT_TABLE_ARN',
  'IMPORT_EXPORT_BUCKET',
  'IMPORT_SERVICE',
  'IMPORT_STRATEGY',
  'IMPORT_EXTERNAL_DATASOURCE',
  'IMPORT_QUERY',
];

const EXPORT = [
  'EXPORT_CONNECTION_NAME',
  'EXPORT_SCHEDULE',
  'EXPORT_BUCKET_URI',
  'EXPORT_FILE_TEMPLATE',
  'EXPORT_FORMAT',
  'EXPORT_COMPRESSION',
  'EXPORT_STRATEGY',
  'EXPORT_WRITE_STRATEGY',
  'EXPORT_KAFKA_TOPIC',
  'EXPORT_SERVICE',
];

/** Second names of commands; the canonical form has the first. */
const ALIASES = { INDICES: 'INDEXES', MODE: 'COPY_MODE' };

function table(names: readonly string[], aliases: readonly (keyof typeof ALIASES)[]) {
  const own = names.map((name): [string, string] => [name, name]);
  return new Map([...own, ...aliases.map((alias): [string, string] => [alias, ALIASES[alias]])]);
}

/** Per kind: a command as written in upper case → its canonical name. */
export const COMMANDS: Record<'datasource' | 'pipe', ReadonlyMap<string, string>> = {
  datasource: table(
    [
      ...ANYWHERE,
      ...ENGINE,
      ...KAFKA,
      ...IMPORT,
      'SCHEMA',
      'INDEXES',
      'SHARED_WITH',
      'FORWARD_QUERY',
      'BACKFILL',
      'EXPORT_SERVICE',
      // Classic: before the ENGINE_ prefix.
      'PARTITION_KEY',
      'SORTING_KEY',
      'PRIMARY_KEY',
      'SAMPLING_KEY',
      'TTL',
    ],
    ['INDICES'],
  ),
  pipe: table(
    [
      ...ANYWHERE,
      ...ENGINE,
      ...EXPORT,
      'NODE',
      'SCOPE',
      'SQL',
      'TYPE',
      'DATASOURCE',
      'DEPLOYMENT_METHOD',
      'TARGET_DATASOURCE',
      'COPY_SCHEDULE',
      'COPY_MODE',
      'FILTER',
      // Classic stream nodes.
      'KAFKA_CONNECTION_NAME',
      'KAFKA_TOPIC',
    ],
    ['MODE'],
  ),
};

/** Pipe commands that may stand before the first NODE. */
export const PIPE_LEVEL: ReadonlySet<string> = new Set([...ANYWHERE, 'SCOPE']);

/** Commands whose text stands below `CMD >`, never beside the command. */
export const BLOCK_ONLY: ReadonlySet<string> = new Set(['SCHEMA', 'INDEXES', 'SQL', 'FORWARD_QUERY']);

/** Commands that take both forms. */
export const BLOCK_OR_LINE: ReadonlySet<string> = new Set(['DESCRIPTION', 'SHARED_WITH']);

/** Commands that add up when they are given again; any other is given once. */
export const REPEATABLE: ReadonlySet<string> = new Set(['TOKEN', 'TAGS', 'INCLUDE', 'SHARED_WITH', 'FILTER']);

/** Settings that take only these values. */
export const ALLOWED_VALUES: Partial<Record<string, readonly string[]>> = {
  BACKFILL: ['skip'],
  DEPLOYMENT_METHOD: ['alter'],
};
