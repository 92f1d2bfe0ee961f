// What the ENGINE_… lines of a data source say.
import type { Datasource } from './types.ts';

/** `command` without `ENGINE_`; empty when there is no such line. */
export const engineOption = ({ engine }: Datasource, command: string): string =>
  engine?.options.find((option) => option.command === command)?.value.trim() ?? '';
