// Renders what a set gives one tenant: parsed datafiles and tokens, or every problem with template, line and tenant.
import { parseDatafile } from '../datafile/parse.ts';
import { asPrinted } from '../datafile/print.ts';
import { bad, ok, type Problem, type Result } from '../errors.ts';
import { type Rendered, type RenderedFile, type RenderedToken, resourceName, type Tenant } from '../model.ts';
import { fill, Misfit, type Scope as Values } from './fill.ts';
import type { Cast } from './moulds.ts';
import { show } from './places.ts';
import type { FileTemplate, TemplateSet } from './sets.ts';
import { fillToken } from './tokens.ts';
import { tenantValues } from './variables.ts';

export function renderTenant(set: TemplateSet, tenant: Tenant): Result<Rendered> {
  const values = tenantValues(set.variables, tenant);
  const unknown = set.unknown.map((problem): Problem => {
    return { ...problem, message: `tenant ${show(tenant.id)}: ${problem.message}` };
  });
  if (!values.ok || unknown.length > 0) return bad(...(values.ok ? [] : values.problems), ...unknown);
  const scope: Values = { slug: tenant.slug, values: values.value };
  const problems: Problem[] = [];
  const files: RenderedFile[] = [];
  const tokens: RenderedToken[] = [];
  for (const file of set.files) {
    const cast = attempt(file, tenant, () => renderFile(file, scope, tenant));
    if (cast.ok) {
      const { datafile, print } = cast.value;
      files.push({ role: file.role, datafile, print, from: file.from });
    } else problems.push(...cast.problems);
  }
  for (const template of set.tokens) {
    const token = attempt(template, tenant, () => ok(fillToken(template, scope, set.longestTtl)));
    if (token.ok) tokens.push({ role: template.role, token: token.value, from: template.from });
    else problems.push(...token.problems);
  }
  return problems.length > 0
    ? bad(...problems)
    : ok({ files, tokens, backfill: set.backfill, allowWide: set.allowWide, ...allowed(set) });
}

const allowed = ({ allow }: TemplateSet): Pick<Rendered, 'allow'> => (allow.length > 0 ? { allow } : {});

function attempt<T>({ file }: { file: string }, tenant: Tenant, render: () => Result<T>): Result<T> {
  try {
    return render();
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    return bad({ file, ...error.at, message: `tenant ${show(tenant.id)}: ${error.message}` });
  }
}

function renderFile(file: FileTemplate, scope: Values, tenant: Tenant): Result<Cast> {
  const name = resourceName(scope.slug, file.role);
  const cast = file.moulds.cast(scope, name);
  if (cast !== null) return ok(cast);
  const text = fill(file.template, scope);
  const parsed = parseDatafile(`${name}.${file.kind}`, text);
  if (parsed.ok) return ok(asPrinted(parsed.value));
  const lines = text.split('\n');
  return bad(
    ...parsed.problems.map(({ line, message }): Problem => {
      const where =
        line === undefined ? '' : ` (line ${line} as rendered: ${show(lines[line - 1]?.trim() ?? '')})`;
      return { file: file.file, message: `tenant ${show(tenant.id)}: ${message}${where}` };
    }),
  );
}
