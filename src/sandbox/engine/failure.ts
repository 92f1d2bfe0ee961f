// An error of ClickHouse as the rest of the sandbox sees it: code, name, and a message without our internal names.

export class EngineError extends Error {
  /** ClickHouse's number, e.g. 60; 0 when the engine gave none. */
  readonly code: number;
  /** ClickHouse's name, e.g. `UNKNOWN_TABLE`; empty when the engine gave none. */
  readonly codeName: string;

  constructor(failure: { code: number; codeName: string; message: string }, cause?: unknown) {
    super(failure.message, cause === undefined ? {} : { cause });
    this.name = 'EngineError';
    this.code = failure.code;
    this.codeName = failure.codeName;
  }
}

const NATIVE = /Code: (\d+)\. DB::Exception: (.*) \(([A-Z_0-9]+)\)/s;

/** The message without database names, suggestions of other tables, version and stack. */
function cleanMessage(message: string): string {
  return message
    .replace(/\bCode: \d+\. DB::Exception: /g, '')
    .replace(/[.:]? ?Maybe you meant:? [^\n]*$/gm, '')
    .replace(/: In scope SELECT formatQuerySingleLine\(.*$/s, '')
    .replace(/ ?\(version [^)]*\)/g, '')
    .replace(/(['"`]?)\b(?:ws_\w+|data)\1\.(?=['"`\w])/g, '')
    .replace(/\bdefault: (?=Not enough privileges)/g, '')
    .trim();
}

/** What chdb threw, as an EngineError; the native text stays reachable as `cause`. */
export function readFailure(cause: unknown): EngineError {
  if (cause instanceof EngineError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  const [, code, message, codeName] = NATIVE.exec(text) ?? [];
  return new EngineError(
    { code: Number(code ?? 0), codeName: codeName ?? '', message: cleanMessage(message ?? text) },
    cause,
  );
}
