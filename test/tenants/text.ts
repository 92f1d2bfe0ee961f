// A list as a text, in any of its forms.
import { readCsv } from '../../src/tenants/csv.ts';
import { parseTenants, type TextFormat } from '../../src/tenants.ts';

export const parse = (text: string, format: TextFormat = 'yaml', file = 'list') =>
  parseTenants(format === 'csv' ? { file, text, format, read: readCsv } : { file, text, format });
