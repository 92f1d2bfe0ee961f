// What the query routes share: who reads, and the bytes of the answer.
import type { Answer } from '../query/answer.ts';
import type { Caller } from '../query/request.ts';
import { secretsOf } from '../workspace.ts';
import type { World } from '../world.ts';
import type { Request } from './request.ts';

export function readerOf(world: World, request: Request): Caller {
  const { workspace, deployment, access } = request.get('caller');
  return {
    engine: world.engine,
    catalog: deployment.catalog,
    access,
    secrets: secretsOf(workspace),
    filtersReachPipes: workspace.generation === 'classic',
  };
}

export function answerOf(request: Request, answer: Answer): Response {
  request.set('answered', answer);
  return new Response(Buffer.from(answer.body), { headers: { 'content-type': answer.contentType } });
}
