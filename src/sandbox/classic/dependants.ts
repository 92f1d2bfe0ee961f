// What would break if a resource went: the pipes that read it, and those that fill it.
import { materializedNode, wordsOf } from '../references.ts';
import { type Deployment, liveOf, type Workspace } from '../workspace.ts';

/** Names of pipes whose SQL reads it. A name in a string or a comment counts too. */
export function readersOf(workspace: Workspace, name: string): string[] {
  return pipesOf(liveOf(workspace)).flatMap(([pipe, file]) => {
    // A node of that name is what the pipe's SQL means.
    const isNode = file.file.nodes.some((node) => node.name === name);
    return pipe !== name && !isNode && wordsOf(file).has(name) ? [pipe] : [];
  });
}

/** Names of pipes with a node materialized into it. */
export const fillersOf = (workspace: Workspace, datasource: string): string[] =>
  pipesOf(liveOf(workspace)).flatMap(([pipe, { file }]) =>
    materializedNode(file)?.target === datasource ? [pipe] : [],
  );

const pipesOf = ({ project }: Deployment) => [...project.pipes];

/** As a 409 tells them. */
export function dependantsText(fillers: readonly string[], readers: readonly string[]): string {
  const part = (what: string, pipes: readonly string[]): string[] =>
    pipes.length === 0 ? [] : [`${what} ${pipes.map((pipe) => `"${pipe}"`).join(', ')}`];
  return [
    ...part('materialized into by', fillers),
    ...part(
      'used by',
      readers.filter((pipe) => !fillers.includes(pipe)),
    ),
  ].join(', ');
}
