// Differences between two dates in a template: Python's strptime formats, absolute and whole.

import type { Call } from './types.ts';
import { Missing, Sql, templateError, textOf, truthy, type Value } from './value.ts';

const DIRECTIVES: Readonly<Record<string, readonly [part: string, pattern: string]>> = {
  Y: ['year', '\\d{4}'],
  m: ['month', '\\d{1,2}'],
  d: ['day', '\\d{1,2}'],
  H: ['hour', '\\d{1,2}'],
  M: ['minute', '\\d{1,2}'],
  S: ['second', '\\d{1,2}'],
  f: ['fraction', '\\d{1,6}'],
  z: ['zone', 'Z|[-+]\\d{2}:?\\d{2}'],
};

/** Milliseconds since 1970, or null when the text does not have the format. */
function parseTime(text: string, format: string): number | null {
  const pattern = format.replace(/%(.)|[.*+?^${}()|[\]\\]/g, (found, directive: string | undefined) => {
    if (directive === undefined) return `\\${found}`;
    if (directive === '%') return '%';
    const known = DIRECTIVES[directive];
    if (known === undefined) throw templateError(`'${directive}' is a bad directive in format '${format}'`);
    return `(?<${known[0]}>${known[1]})`;
  });
  const part = new RegExp(`^${pattern}$`).exec(text)?.groups;
  if (part === undefined) return null;
  const number = (name: string, otherwise: number): number => Number(part[name] ?? otherwise);
  const time = Date.UTC(
    number('year', 1900),
    number('month', 1) - 1,
    number('day', 1),
    number('hour', 0),
    number('minute', 0),
    number('second', 0),
  );
  const fraction = Number(`0.${part.fraction ?? '0'}`) * 1000;
  return time + fraction - zoneOffset(part.zone);
}

function zoneOffset(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z') return 0;
  const [, sign, hours, minutes] = /^([-+])(\d{2}):?(\d{2})$/.exec(zone) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

const SECONDS: Readonly<Record<string, readonly [seconds: number, format: string]>> = {
  day_diff: [86_400, '%Y-%m-%d'],
  date_diff_in_days: [86_400, '%Y-%m-%d'],
  date_diff_in_hours: [3600, '%Y-%m-%d %H:%M:%S'],
  date_diff_in_minutes: [60, '%Y-%m-%d %H:%M:%S'],
  date_diff_in_seconds: [1, '%Y-%m-%d %H:%M:%S'],
};

export const DATE_FUNCTIONS: readonly string[] = Object.keys(SECONDS);

/** `name(date_1, date_2, date_format, backup_date_format, none_if_error)`. */
export function dateDifference(name: string, call: Call): Value {
  const [unit, usual] = SECONDS[name] ?? [1, ''];
  const [first = null, second = null, third, fourth, fifth] = call.positional;
  for (const date of [first, second])
    if (date instanceof Missing) return new Missing(date.name, new Sql('0', 0));
  const format = third ?? call.named.get('date_format') ?? usual;
  const backup = fourth ?? call.named.get('backup_date_format') ?? null;
  const times = [first, second].map((date) => {
    const text = textOf(date, name);
    const time = parseTime(text, textOf(format, name));
    return time ?? (backup === null ? null : parseTime(text, textOf(backup, name)));
  });
  const [from = null, to = null] = times;
  if (from !== null && to !== null) return Math.floor(Math.abs(to - from) / 1000 / unit);
  if (truthy(fifth ?? call.named.get('none_if_error') ?? null)) return null;
  throw templateError(`${name}: a date does not match the format '${textOf(format, name)}'`);
}
