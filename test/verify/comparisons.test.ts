// What SQL compares a column with.
import { expect, test } from 'vitest';
import { comparisons } from '../../src/verify/comparisons.ts';

test.each([
  ["tenant_id = 'a'", ['tenant_id a']],
  ["'a' = e.tenant_id AND n >= 400", ['tenant_id a', 'n 400']],
  ["lower(tenant_id) IN ('a', 'b''c')", ["tenant_id a,b'c"]],
  ["tenant_id NOT IN ('a')", ['tenant_id a']],
  ["day BETWEEN '2000-01-01' AND '2000-02-01'", ['day 2000-01-01,2000-02-01']],
  ["startsWith(tenant_id, 'a')", ['tenant_id a']],
  ['tenant_id = {{String(tenant, required=True)}} AND x = 1', ['tenant_id ?tenant', 'x 1']],
  ["tenant_id = '{{String(tenant)}}'", ['tenant_id ?tenant']],
  ["tenant_id IN {{Array(tenants, 'String')}}", ['tenant_id ?tenants']],
  ["{% if defined(x) %} tenant_id = {{String(x)}} {% end %} {# a = 'b' #}", ['tenant_id ?x']],
  ["1 -- tenant_id = 'a'", []],
])('%s', (sql, found) => {
  const shown = comparisons(sql).map(
    ({ column, values, params }) => `${column} ${[...values, ...params.map((param) => `?${param}`)].join()}`,
  );
  expect(shown).toEqual(found);
});
