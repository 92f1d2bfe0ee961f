// Mints JWTs for a tenant's role, from the list and the sets as they were when it was opened.
import type { Inputs } from './inputs.ts';
import { mintable, type Wish } from './mintable.ts';
import { type Around, openFleet } from './open-fleet.ts';
import type { Secret } from './secret.ts';

export interface Jwt {
  readonly name: string;
  readonly value: Secret;
  /** Unix seconds. */
  readonly expires: number;
}

export interface JwtMinter extends AsyncDisposable {
  /** One request. Throws a Stop. */
  mint(wish: Wish): Promise<Jwt>;
}

export async function openMinter(inputs: Inputs, around: Around): Promise<JwtMinter> {
  const { sources, connection, [Symbol.asyncDispose]: close } = await openFleet(inputs, around);
  const { generation } = connection.workspace;
  return {
    mint: async (wish) => {
      const { ttl, ...request } = mintable(sources, generation, wish);
      const expires = Math.floor(around.clock.now() / 1000) + ttl;
      const value = await connection.writer.mintJwt({ ...request, expiresAt: expires });
      return { name: request.name, value, expires };
    },
    [Symbol.asyncDispose]: close,
  };
}
