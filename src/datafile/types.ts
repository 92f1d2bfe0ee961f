// The canonical form of a Tinybird datafile: what the parser gives, the printer takes and the plan compares.

/** One column of a SCHEMA. `jsonpath`, `default` and `codec` are the text without keyword or backticks, e.g. `$.ts`, `now64(3)`, `ZSTD(1)`. */
export interface Column {
  readonly name: string;
  /** ClickHouse type, one space after each comma, e.g. `LowCardinality(Nullable(String))`. Empty when only DEFAULT types it. */
  readonly type: string;
  readonly jsonpath: string | null;
  readonly default: string | null;
  readonly codec: string | null;
}

/** One line of INDEXES. */
export interface Index {
  readonly name: string;
  readonly expression: string;
  readonly type: string;
  readonly granularity: number | null;
}

/** One `TOKEN name PERMISSION` line. */
export interface Grant {
  readonly token: string;
  readonly permission: 'READ' | 'APPEND';
}

/** A command with a plain value that we carry but do not interpret, e.g. KAFKA_TOPIC. `command` is upper case, `value` unquoted. */
export interface Setting {
  readonly command: string;
  readonly value: string;
}

/** ENGINE and its ENGINE_* lines; option commands without the `ENGINE_` prefix, in canonical order. */
export interface Engine {
  readonly type: string;
  readonly options: readonly Setting[];
}

export interface Datasource {
  readonly kind: 'datasource';
  readonly name: string;
  /** Lines joined with \n, no indentation, no surrounding blank lines. Empty when absent. */
  readonly description: string;
  readonly columns: readonly Column[];
  readonly engine: Engine | null;
  readonly indexes: readonly Index[];
  readonly grants: readonly Grant[];
  readonly sharedWith: readonly string[];
  /** The SELECT list of FORWARD_QUERY (Forward only). */
  readonly forwardQuery: string | null;
  /** Everything else: TAGS, VERSION, BACKFILL, KAFKA_*, IMPORT_*, … in the order of the file. */
  readonly settings: readonly Setting[];
}

export type NodeType = 'standard' | 'endpoint' | 'materialized' | 'copy' | 'sink' | 'stream';

export interface Node {
  readonly name: string;
  readonly description: string;
  /** Dedented; starts with `%` on a line of its own when it is templated. */
  readonly sql: string;
  readonly type: NodeType;
  /** DATASOURCE, TARGET_DATASOURCE, COPY_*, EXPORT_*, and on Classic ENGINE*, … in the order of the file. */
  readonly settings: readonly Setting[];
}

export interface Pipe {
  readonly kind: 'pipe';
  readonly name: string;
  readonly description: string;
  readonly nodes: readonly Node[];
  readonly grants: readonly Grant[];
  readonly settings: readonly Setting[];
}

export type Datafile = Datasource | Pipe;
