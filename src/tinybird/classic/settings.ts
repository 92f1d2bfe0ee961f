// Which commands of a datafile the Classic API can carry.
import { ENGINE_OPTIONS } from '../../datafile/commands.ts';
import type { Datafile, Setting } from '../../datafile/types.ts';
import { Stop } from '../../errors.ts';

/** ENGINE and its options, where they are settings: in a node. */
export const ENGINE_COMMANDS: readonly string[] = [
  'ENGINE',
  ...ENGINE_OPTIONS.map((option) => `ENGINE_${option}`),
];

/** The commands that are neither known nor a remark. */
export const unsendable = (settings: readonly Setting[], known: readonly string[] = []): string[] =>
  settings
    .filter((setting) => !known.includes(setting.command) && !isRemark(setting))
    .map(({ command }) => command);

/**
 * Says nothing about what the resource does, and is left out. The official client does not send MAINTAINER either, and
 * makes tags that sort resources in requests of their own; a tag with `=` is an option in disguise. VERSION is no remark:
 * the official client gives a resource that has one another name.
 */
const isRemark = ({ command, value }: Setting): boolean =>
  command === 'MAINTAINER' || (command === 'TAGS' && !value.includes('='));

/** Throws a `bad-input` Stop that names the commands, if there are any. */
export function refuse({ kind, name }: Datafile, commands: readonly string[]): void {
  if (commands.length === 0) return;
  const named = [...new Set(commands)].join(', ');
  throw new Stop(
    'bad-input',
    `${name}.${kind}: ${named} cannot be set through the API of a Classic workspace. Take it out, or make this ${kind} in Tinybird itself and keep its file out of what is deployed here.`,
  );
}
