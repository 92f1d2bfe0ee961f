// What `--help` prints; the flags are the action's inputs.
import { INPUTS } from './inputs.ts';

const EXAMPLE = `  TINYBIRD_TOKEN=p.… tinybird-tenants plan --tenants tenants.yaml --project tinybird
  TINYBIRD_TOKEN=p.… tinybird-tenants apply --tenants tenants.yaml --project tinybird --tenant acme
  TINYBIRD_TOKEN=p.… tinybird-tenants rotate --project tinybird --tenant acme
  tinybird-tenants render --tenants tenants.yaml --project tinybird --out rendered
  tinybird-tenants lint --tenants tenants.yaml --project tinybird
  tinybird-tenants verify --tenants tenants.yaml --project tinybird
  TINYBIRD_TOKEN=p.… tinybird-tenants token list --project tinybird --tenant acme,globex
  TINYBIRD_TOKEN=p.… tinybird-tenants token show acme/read --project tinybird --reveal
  TOKEN=$(TINYBIRD_TOKEN=p.… tinybird-tenants token mint acme/read --project tinybird --ttl 15m)
  tinybird-tenants sandbox --port 7181`;

export function help(): string {
  const flags = Object.entries(INPUTS)
    .filter(([name]) => name !== 'command')
    .map(([name, input]) => {
      const fallback = input.default === '' ? '' : ` (${input.default})`;
      return `  --${name.padEnd(22)} ${input.help}${fallback}`;
    });
  return `One list of tenants, one Tinybird workspace, every customer with their own.

Usage: tinybird-tenants <command> [flags]

Commands:
  plan      shows what an apply would do; --exit-code ends with 3 when there is something
  apply     does it
  rotate    gives tokens a successor (--tenant, --older-than); the old ones go after --grace, in any later run that finds
            them unused; --now ends a leaked one at once
  render    writes the whole project to --out DIR
  lint      reads templates, token scopes and project for what lets one tenant see another's rows; needs no token
  verify    tries every tenant's token on everything, in an embedded workspace with rows of all of them; needs no token:
            [--generation forward|classic] [--exhaustive]
            --live: tries the real tokens on the workspace that TINYBIRD_TOKEN opens, and writes nothing there
  token     list: what each tenant's tokens open, and where their values are kept
            show TENANT/ROLE: one of them in full; mint TENANT/ROLE: prints a JWT made from its template
  sandbox   an embedded, Tinybird-compatible workspace: [--port 7181] [--data DIR]

Flags:
${flags.join('\n')}
  --${'json'.padEnd(22)} the result as JSON on standard output
  --${'exit-code'.padEnd(22)} plan: exit 3 when there are changes
  --${'out'.padEnd(22)} render: the folder to write to
  --${'reveal'.padEnd(22)} token show: the value too, on a terminal only
  --${'ttl'.padEnd(22)} token mint: how long the JWT lives, such as 15m; at most what the template set allows
  --${'generation'.padEnd(22)} verify: forward or classic, whichever the workspace is (forward)
  --${'exhaustive'.padEnd(22)} verify: all tenants against all others, where a large fleet is sampled
  --${'live'.padEnd(22)} verify: on the workspace itself instead of an embedded one
  --${'help'.padEnd(22)} this text

Environment: TINYBIRD_TOKEN, TINYBIRD_HOST, TINYBIRD_TOKENS_TOKEN, GITHUB_TOKEN, SECRETS_TOKEN

Examples:
${EXAMPLE}

Exit codes: 0 done, 1 something failed, or lint or verify found something, 2 bad input (nothing was sent), 3 plan --exit-code found changes
`;
}
