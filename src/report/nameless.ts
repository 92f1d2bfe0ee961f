// A tenant's name taken out of a text, so that the same change in many tenants reads the same.

/** Puts `<tenant>` where the id stands alone and `<slug>` where the slug begins a name; nothing else changes. */
export type Nameless = (text: string) => string;

export const TENANT = '<tenant>';
export const SLUG = '<slug>';

/**
 * Lossless: with the names put back it is the same text again, so what looks alike is alike. A text that has such a
 * placeholder already is left as it is.
 */
export function namelessFor({ id, slug }: { readonly id: string; readonly slug: string }): Nameless {
  const names = new RegExp(
    `(?<![A-Za-z0-9_-])${literal(id)}(?![\\w-])|(?<![A-Za-z0-9_])(${literal(slug)})(?![A-Za-z0-9])`,
    'g',
  );
  return (text) => {
    const isPlain = !text.includes(TENANT) && !text.includes(SLUG);
    if (!isPlain || (!text.includes(slug) && !text.includes(id))) return text;
    return text.replace(names, (_, found: unknown) => (found === undefined ? TENANT : SLUG));
  };
}

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/** `usage_by_day` of `acme_usage_by_day`; a name that does not begin with the slug stays. */
export const roleOf = (name: string, slug: string): string =>
  name.startsWith(`${slug}_`) ? name.slice(slug.length + 1) : name;
