// The two functions with which a template refuses a request.
import { SandboxError } from '../state.ts';
import type { Surroundings } from './functions.ts';
import type { Call } from './types.ts';
import { isDict, jsonOf, plain, Sql, templateError, textOf, type Value } from './value.ts';

const NOTHING = new Sql('');

export function raise({ positional: [value = null] }: Call, { checking }: Surroundings): Value {
  if (checking) return NOTHING;
  throw new SandboxError(400, textOf(value, 'error'));
}

/** `custom_error({...}, 404)`: the object is the whole body. */
class CustomError extends SandboxError {
  override readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, body: Readonly<Record<string, unknown>>) {
    super(status, typeof body.error === 'string' ? body.error : 'custom error');
    this.body = body;
  }
}

export function raiseCustom(
  { positional: [value = null, code = 400] }: Call,
  { checking }: Surroundings,
): Value {
  if (checking) return NOTHING;
  const status = plain(code);
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 400 || status > 599) {
    throw templateError('custom_error needs a status from 400 to 599');
  }
  const body = plain(value);
  if (!isDict(body)) throw new CustomError(status, { error: textOf(value, 'custom_error') });
  throw new CustomError(status, Object.fromEntries([...body].map(([key, item]) => [key, jsonOf(item)])));
}
