// Whose a live resource is: ours by its marker and its name, never by its name alone.
import { markerOf } from '../datafile/marker.ts';
import type { Fleet, LiveResource, Marker } from '../model.ts';
import { slugOf } from '../tenants/slug.ts';

export type Owner =
  | { readonly kind: 'ours'; readonly marker: Marker; readonly slug: string }
  /** Marked, but by another fleet, or its name does not fit its marker. */
  | { readonly kind: 'other'; readonly marker: Marker }
  | { readonly kind: 'unmarked' };

const UNMARKED: Owner = { kind: 'unmarked' };

export const ownership =
  (fleet: Fleet) =>
  ({ name, datafile }: LiveResource): Owner =>
    ownerOf({ name, description: datafile.description }, fleet);

/** Of anything that has a description: a Classic token has one, too. */
export function ownerOf(
  { name, description }: { readonly name: string; readonly description: string },
  fleet: Fleet,
): Owner {
  const found = markerOf(description);
  if (found === null) return UNMARKED;
  const { marker } = found;
  const slug = marker.slug ?? slugOf(marker.tenant);
  const ours = marker.fleet === fleet.name && name.startsWith(`${slug}_`);
  return ours ? { kind: 'ours', marker, slug } : { kind: 'other', marker };
}
