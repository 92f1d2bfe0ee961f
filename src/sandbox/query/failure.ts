// Errors of the engine and of the guard as Tinybird words them, without the SQL of other people's pipes.
import { assertNever } from '../../errors.ts';
import { EngineError } from '../engine/failure.ts';
import type { Refusal } from '../engine/guard.ts';
import { SandboxError } from '../state.ts';

export const notFound = (name: string): SandboxError => new SandboxError(403, `Resource '${name}' not found`);

export function refusalError(refusal: Refusal): SandboxError {
  switch (refusal.code) {
    case 'syntax':
    case 'several':
    case 'not-select':
      return new SandboxError(400, `DB::Exception: ${refusal.message.replace(/^DB::Exception: /, '')}`);
    case 'qualified-name':
    case 'forbidden-table-function':
      return new SandboxError(403, refusal.message);
    case 'unknown-function':
      return unknownFunction(refusal.message);
    case 'too-long':
    case 'characters':
    case 'settings':
    case 'outfile':
    case 'parameter':
    case 'cte-name':
    case 'unsupported':
    case 'forbidden-function':
    case 'not-condition':
      return new SandboxError(400, refusal.message);
    default:
      return assertNever(refusal.code);
  }
}

/** What a failed query answers. Anything but an error of ClickHouse passes through. */
export function queryError(error: unknown): unknown {
  if (!(error instanceof EngineError)) return error;
  // The analyzer quotes the whole statement: after expansion that is the text of pipes the caller may not read.
  const message = error.message
    .replace(/ in scope [\s\S]*$/i, '')
    .replace(/: While (processing|executing) [\s\S]*$/i, '')
    .replace(/: In scope [\s\S]*$/, '');
  switch (error.codeName) {
    case 'UNKNOWN_TABLE': {
      const [, name = ''] = /[`']([^`']+)[`']/.exec(message) ?? [];
      return notFound(name);
    }
    case 'UNKNOWN_IDENTIFIER': {
      const [, column] = /identifier [`']([^`']+)[`']/i.exec(message) ?? [];
      const what = column === undefined ? message : `Missing columns: '${column}'`;
      return new SandboxError(400, `[Error] ${what} (UNKNOWN_IDENTIFIER)`);
    }
    case 'UNKNOWN_FUNCTION':
      return unknownFunction(message);
    case 'TIMEOUT_EXCEEDED':
      return new SandboxError(408, `[Error] ${message} (TIMEOUT_EXCEEDED)`);
    default:
      return new SandboxError(
        400,
        `[Error] ${message}${error.codeName === '' ? '' : ` (${error.codeName})`}`,
      );
  }
}

function unknownFunction(message: string): SandboxError {
  const [, name = ''] = /[Ff]unction(?: with name)? [`']?(\w+)/.exec(message) ?? [];
  return new SandboxError(400, `Unknown function ${name}. Contact support@tinybird.co if you require it.`);
}
