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
  return (text) => {
    if (text.includes(TENANT) || text.includes(SLUG)) return text;
    let result = '';
    let done = 0;
    let at = nextOf(text, { id, slug }, 0);
    while (at >= 0) {
      const isId = text.startsWith(id, at) && isApart(text, { at, name: id }, ID_GOES_ON);
      if (isId || (text.startsWith(slug, at) && isApart(text, { at, name: slug }, SLUG_GOES_ON))) {
        result += text.slice(done, at) + (isId ? TENANT : SLUG);
        at += (isId ? id : slug).length;
        done = at;
      } else at += 1;
      at = nextOf(text, { id, slug }, at);
    }
    return result + text.slice(done);
  };
}

/** Where the first of them comes next; -1 for neither. An expression for each tenant of a fleet would take longer to make. */
function nextOf(text: string, { id, slug }: { id: string; slug: string }, from: number): number {
  const [one, other] = [text.indexOf(id, from), text.indexOf(slug, from)];
  return one < 0 || (other >= 0 && other < one) ? other : one;
}

interface GoesOn {
  readonly before: RegExp;
  readonly after: RegExp;
}
const ID_GOES_ON: GoesOn = { before: /[\w-]/, after: /[\w-]/ };
/** It begins a name. */
const SLUG_GOES_ON: GoesOn = { before: /\w/, after: /[A-Za-z0-9]/ };

/** Whether neither neighbour makes something else of the name. */
const isApart = (text: string, { at, name }: { at: number; name: string }, goesOn: GoesOn): boolean =>
  !goesOn.before.test(text.charAt(at - 1)) && !goesOn.after.test(text.charAt(at + name.length));

/** `usage_by_day` of `acme_usage_by_day`; a name that does not begin with the slug stays. */
export const roleOf = (name: string, slug: string): string =>
  name.startsWith(`${slug}_`) ? name.slice(slug.length + 1) : name;
