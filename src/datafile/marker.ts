// Our mark on a resource: the last line of its description says which fleet, tenant and template set it belongs to.
import type { Marker } from '../model.ts';
import type { Datafile } from './types.ts';

const MARKER =
  /^\[tinybird-tenants fleet=([\w.%-]*) tenant=([\w.%-]*) set=([\w.%-]*) sha=([\w.%-]*)(?: slug=([\w.%-]*))?(?: cutoff=(\d{1,15}))?\]$/;

/** Adds the marker below the description. Throws a URIError for a value with half a surrogate pair. */
export function withMarker<T extends Datafile>(datafile: T, marker: Marker): T {
  return { ...datafile, description: marked(datafile.description, marker) };
}

/** The description with the marker as its last line. Throws a URIError for a value with half a surrogate pair. */
export function marked(description: string, marker: Marker): string {
  const line = partsOf(marker);
  return (description === '' ? line : [description, '\n', ...line]).join('');
}

/** The marker and the description above it; `null` unless the last line is one, exactly as we write it. */
export function markerOf(description: string): { marker: Marker; rest: string } | null {
  const text = description.trimEnd();
  if (!text.endsWith(']')) return null;
  const end = Math.max(text.lastIndexOf('\n'), 0);
  // Tinybird hands descriptions back with the indentation of the file on every line but the first.
  const line = text.slice(end).trim();
  const [, fleet, tenant, set, sha, slug, cutoff] = MARKER.exec(line) ?? [];
  if (fleet === undefined || tenant === undefined || set === undefined || sha === undefined) return null;
  const written = {
    fleet,
    tenant,
    set,
    sha,
    ...(slug === undefined ? {} : { slug }),
    ...(cutoff === undefined ? {} : { cutoff: Number(cutoff) }),
  };
  // Most values have nothing to decode, and a marker is read for every live resource.
  if (!line.includes('%')) return { marker: written, rest: text.slice(0, end) };
  const marker = decode(written);
  if (marker === null || partsOf(marker).join('') !== line) return null;
  return { marker, rest: text.slice(0, end) };
}

/** Its line, to be joined: a fleet has so many that what adding texts up leaves behind is more than the texts. */
function partsOf({ fleet, tenant, set, sha, slug, cutoff }: Marker): string[] {
  const parts = ['[tinybird-tenants fleet=', encode(fleet), ' tenant=', encode(tenant)];
  parts.push(' set=', encode(set), ' sha=', encode(sha));
  if (slug !== undefined) parts.push(' slug=', encode(slug));
  if (cutoff !== undefined) parts.push(' cutoff=', String(cutoff));
  parts.push(']');
  return parts;
}

/** UTF-8 bytes as %XX, except letters, digits and `_.-`. */
const encode = (value: string): string =>
  /^[\w.-]*$/.test(value)
    ? value
    : encodeURIComponent(value).replace(
        /[!~*'()]/g,
        (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
      );

function decode({ fleet, tenant, set, sha, slug, cutoff }: Marker): Marker | null {
  try {
    return {
      fleet: decodeURIComponent(fleet),
      tenant: decodeURIComponent(tenant),
      set: decodeURIComponent(set),
      sha: decodeURIComponent(sha),
      ...(slug === undefined ? {} : { slug: decodeURIComponent(slug) }),
      ...(cutoff === undefined ? {} : { cutoff }),
    };
  } catch {
    return null;
  }
}
