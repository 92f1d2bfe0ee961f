// A plan carried out on what is live: on Forward by exactly the files that each deployment uploads.
import { parseDatafile } from '../../src/datafile/parse.ts';
import { unwrap } from '../../src/errors.ts';
import { liveOf } from '../../src/live.ts';
import type {
  Desired,
  Fleet,
  Generation,
  Live,
  LiveJwt,
  LiveResource,
  LiveToken,
  Plan,
} from '../../src/model.ts';
import { deployedSteps, deploymentOf, type Upload } from '../../src/plan/calls.ts';
import { lineOf } from '../../src/plan/differences.ts';
import { claimsHash } from '../../src/plan/tokens.ts';
import { liveResource } from './world.ts';

/** On Forward a token is nothing but the lines of the files. */
export function asListed(generation: Generation, fleet: Fleet, { resources, tokens, jwts }: Live): Live {
  if (generation === 'classic') return liveOf({ resources, tokens }, { generation, fleet }, jwts);
  const lines = resources.flatMap(({ name, datafile }) =>
    datafile.grants.map(({ token, permission }) => {
      const type = `${datafile.kind === 'pipe' ? 'PIPES' : 'DATASOURCES'}:${permission}`;
      return { token, scope: { type, resource: name, filter: null } };
    }),
  );
  const derived = [...Map.groupBy(lines, ({ token }) => token)].map(([name, own]): LiveToken => {
    const scopes = own.map(({ scope }) => scope);
    return { id: `id-${name}`, name, description: '', value: null, scopes, origin: null };
  });
  const bare = resources.map((one) => ({ ...one, datafile: { ...one.datafile, grants: [] } }));
  return liveOf({ resources: bare, tokens: derived }, { generation, fleet }, jwts);
}

const NOBODY = { refused: new Set<string>(), drifted: new Set<string>() };

/** Deployment after deployment, each of exactly the files that it uploads. */
export function deployed(world: { plan: Plan; desired: readonly Desired[]; live: Live }): Live {
  let { resources } = world.live;
  for (const step of deployedSteps(world.plan)) {
    resources = deploymentOf(world, step, NOBODY).uploads.map(uploaded);
  }
  return { resources, tokens: [], jwts: jwtsAfter(world.plan, world.live.jwts) };
}

function uploaded(upload: Upload): LiveResource {
  if (upload.kind === 'live') {
    const { resource, without } = upload;
    const grants = resource.datafile.grants.filter((grant) => !without.has(lineOf(grant)));
    return { ...resource, datafile: { ...resource.datafile, grants } };
  }
  const datafile = unwrap(parseDatafile(upload.name, upload.text));
  return liveResource(`${datafile.kind}/${datafile.name}`, datafile);
}

export function jwtsAfter(made: Plan, jwts: Live['jwts']): ReadonlyMap<string, LiveJwt> {
  const ledger = new Map(jwts);
  for (const change of made.steps.flatMap(({ changes }) => changes)) {
    const name = change.key.slice('token/'.length);
    if (change.action === 'delete') ledger.delete(name);
    else if (change.after.resource.kind === 'token' && change.after.resource.via === 'jwt') {
      const { resource, tenant: owner } = change.after;
      ledger.set(name, { tenant: owner ?? '', claims: claimsHash(resource), expires: resource.ttl });
    }
  }
  return ledger;
}
