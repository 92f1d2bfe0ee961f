// From a tenant's id to the name that its resources start with.

export const SLUG = /^[a-z][a-z0-9_]*$/;
/** Tinybird does not document a limit; this leaves room for `_<role>` in file names of 255 bytes. */
export const LONGEST_SLUG = 100;

/**
 * `Globex-Corp` → `globex_corp`, `1` → `tenant_1`. Letters A to Z become small, everything else outside `[a-z0-9_]`
 * becomes one `_`, and what then does not start with a letter gets `tenant_` before it. Always matches `SLUG`.
 */
export function slugOf(id: string): string {
  if (SLUG.test(id)) return id;
  const small = /[A-Z]/.test(id) ? id.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : id;
  const name = small.replace(/[^a-z0-9_]/gu, '_');
  return /^[a-z]/.test(name) ? name : `tenant_${name}`;
}

/** Whether an id has anything of its own to give to a name; `日本` has not. */
export const givesName = (id: string): boolean => /[A-Za-z0-9]/.test(id);
