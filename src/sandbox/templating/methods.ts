// The methods that texts and dicts have in a template.
import { listOf } from './lists.ts';
import { isDict, templateError, textOf, type Value } from './value.ts';

interface Arguments {
  readonly first: Value;
  readonly second: Value;
}

/** `object` is a plain value. */
export function callMethod(name: string, object: Value, given: Arguments): Value {
  if (isDict(object)) return dictMethod(name, object, given);
  if (typeof object === 'string') return textMethod(name, object, given);
  throw unknownMethod(name);
}

const unknownMethod = (name: string) => templateError(`'${name}' is not a method of the template language`);

function dictMethod(name: string, dict: ReadonlyMap<string, Value>, { first, second }: Arguments): Value {
  switch (name) {
    case 'get':
      return dict.get(textOf(first, name)) ?? second;
    case 'items':
      return [...dict].map(([key, value]): Value => [key, value]);
    case 'keys':
      return [...dict.keys()];
    case 'values':
      return [...dict.values()];
    default:
      throw unknownMethod(name);
  }
}

function textMethod(name: string, text: string, { first, second }: Arguments): Value {
  switch (name) {
    case 'upper':
      return text.toUpperCase();
    case 'lower':
      return text.toLowerCase();
    case 'strip':
      return text.trim();
    case 'startswith':
      return text.startsWith(textOf(first, name));
    case 'endswith':
      return text.endsWith(textOf(first, name));
    case 'replace':
      return text.replaceAll(textOf(first, name), textOf(second, name));
    case 'split':
      return first === null ? text.trim().split(/\s+/) : text.split(textOf(first, name));
    case 'join':
      return listOf(first)
        .map((item) => textOf(item, name))
        .join(text);
    default:
      throw unknownMethod(name);
  }
}
