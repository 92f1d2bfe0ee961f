// What each shipped set gives a tenant, to the byte; and that the example uses the sets as they want to be used.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseDatafile } from '../../src/datafile/parse.ts';
import { printDatafile } from '../../src/datafile/print.ts';
import { EXAMPLE, exampleProject, renderShipped, SHIPPED, shippedSets, tenantOf } from './rendered.ts';

test('the shipped sets', async () => {
  const sets = await shippedSets();
  expect([...sets.keys()].sort()).toEqual(SHIPPED);
  for (const set of sets.values()) {
    expect(set.description).not.toBe('');
    expect(set.unknown).toEqual([]);
    for (const variable of set.variables.values()) expect(variable.description).not.toBe('');
  }
});

describe.each(SHIPPED)('%s', (set) => {
  test('gives Globex-Corp', async () => {
    const { files, tokens } = renderShipped(await shippedSets(), tenantOf(set, 'Globex-Corp', 'globex_corp'));
    const text = [
      ...files.map(({ from, datafile }) => `# ${from} → ${datafile.name}\n\n${printDatafile(datafile)}`),
      ...tokens.map(({ from, token }) => `# ${from} → ${token.name}\n\n${JSON.stringify(token, null, 2)}\n`),
    ].join('\n');
    await expect(text).toMatchFileSnapshot(`golden/${set}.txt`);
  });

  test('comes out canonical, twice the same, and for both generations', async () => {
    const sets = await shippedSets();
    const tenant = tenantOf(set, 'Globex-Corp', 'globex_corp');
    const once = renderShipped(sets, tenant);
    const again = renderShipped(sets, tenant);
    expect(again.files.map(({ datafile }) => datafile)).toEqual(once.files.map(({ datafile }) => datafile));
    expect(again.tokens).toEqual(once.tokens);
    for (const { datafile } of once.files) {
      const extension = datafile.kind === 'pipe' ? 'pipe' : 'datasource';
      const again = parseDatafile(`${datafile.name}.${extension}`, printDatafile(datafile));
      expect(again).toEqual({ ok: true, value: datafile });
      // Forward publishes nothing without a TYPE, and takes no ENGINE in a node.
      if (datafile.kind !== 'pipe') continue;
      expect(datafile.nodes.at(-1)?.type).toMatch(/^(endpoint|materialized)$/);
      for (const { settings } of datafile.nodes)
        expect(settings.map(({ command }) => command).join()).toMatch(/^(DATASOURCE)?$/);
    }
  });
});

describe('the example', () => {
  test('its project holds what the sets read', async () => {
    const project = await exampleProject();
    expect(project.map(({ kind, name }) => `${kind}/${name}`)).toEqual([
      'datasource/events',
      'pipe/usage_by_day',
      'pipe/usage_this_month',
    ]);
  });

  test('each of its tenants can be rendered', async () => {
    const sets = await shippedSets();
    const list = parse(await readFile(join(EXAMPLE, 'tenants.yaml'), 'utf8'));
    const states = list.tenants.map((entry: { state?: string }) => entry.state ?? 'active');
    expect(states).toContain('suspended');
    const used = list.tenants.map((entry: { id: string; template?: string; vars?: object }) => {
      const set = entry.template ?? list.defaults.template;
      const vars = Object.assign(Object.create(null), entry.vars);
      renderShipped(sets, { ...tenantOf(set, entry.id, 'example'), vars });
      return set;
    });
    expect(new Set(used)).toEqual(new Set(SHIPPED));
  });

  test('its workflow gives each job only what it needs, and pins what it runs', async () => {
    const text = await readFile(join(EXAMPLE, '.github/workflows/tenants.yml'), 'utf8');
    const workflow = parse(text);
    expect(workflow.permissions).toEqual({});
    expect(workflow.concurrency.queue).toBe('max');
    expect(workflow.jobs.plan.permissions).toEqual({ contents: 'read', 'pull-requests': 'write' });
    expect(workflow.jobs.apply.permissions).toEqual({ contents: 'read', 'pull-requests': 'write' });
    for (const [, action, ref] of text.matchAll(/uses: (actions\/[\w-]+)@(\S+)/g)) {
      expect(`${action}@${ref}`).toMatch(/@[0-9a-f]{40}$/);
    }
  });
});
