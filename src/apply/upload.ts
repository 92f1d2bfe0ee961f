// The files of one deployment: ours are printed, everybody else's are read back and sent unchanged.
import { parseDatafile } from '../datafile/parse.ts';
import { printDatafile } from '../datafile/print.ts';
import { Stop } from '../errors.ts';
import type { LiveResource } from '../model.ts';
import { deployedSteps, deploymentOf, type Upload, type World } from '../plan/calls.ts';
import { lineOf } from '../plan/differences.ts';
import type { Project } from '../project.ts';
import type { Reader, UploadFile } from '../tinybird/ports.ts';

/** Fetches a live text at most once a run. */
export interface Texts {
  readonly files: (uploads: readonly Upload[]) => Promise<UploadFile[]>;
}

export function liveTexts(reader: Reader, project: Project): Texts {
  const known = new Map<string, string>();
  const textOf = async (resource: LiveResource): Promise<string> => {
    const text =
      known.get(resource.key) ?? (await reader.datafileText(resource.datafile.kind, resource.name));
    known.set(resource.key, text);
    return text;
  };
  return {
    files: async (uploads) => {
      const stop = unfaithfulIn(uploads);
      if (stop !== null) throw stop;
      await refuseConnections(reader, project);
      const files = await Promise.all(uploads.map((upload) => fileOf(upload, textOf)));
      return [...files, ...project.connections];
    },
  };
}

async function fileOf(
  upload: Upload,
  textOf: (resource: LiveResource) => Promise<string>,
): Promise<UploadFile> {
  if (upload.kind === 'text') return upload;
  const { resource, without } = upload;
  const name = `${resource.name}.${resource.datafile.kind}`;
  const text = await textOf(resource);
  if (without.size === 0) return { name, text };
  const parsed = parseDatafile(name, text);
  if (!parsed.ok) {
    throw new Stop(
      'unfaithful',
      `The workspace's own text of ${name} cannot be parsed, so its token lines cannot be taken away: ${parsed.problems[0]?.message ?? ''}. Nothing was sent.`,
    );
  }
  const grants = parsed.value.grants.filter((grant) => !without.has(lineOf(grant)));
  return { name, text: printDatafile({ ...parsed.value, grants }) };
}

/** What would stop the first deployment of this plan, as far as the lists tell. */
export function uncarried(world: World): Stop | null {
  const [step] = deployedSteps(world.plan);
  if (step === undefined || !world.live.resources.some(isUnfaithful)) return null;
  const { uploads } = deploymentOf(world, step, { refused: new Set(), drifted: new Set() });
  return unfaithfulIn(uploads);
}

const isUnfaithful = ({ unfaithful }: LiveResource): boolean => unfaithful !== null;

/** A whole-project deployment deletes what it does not carry, so what cannot be carried must stop it. */
function unfaithfulIn(uploads: readonly Upload[]): Stop | null {
  const unfaithful = uploads.flatMap((upload) =>
    upload.kind === 'live' && isUnfaithful(upload.resource) ? [upload.resource] : [],
  );
  if (unfaithful.length === 0) return null;
  const lines = unfaithful.map(({ key, unfaithful: why }) => `  ${key}: ${why}`);
  return new Stop(
    'unfaithful',
    `A deployment uploads the whole workspace, and these cannot be read back from it as they are:\n${lines.join('\n')}\nNothing was sent. Add their datafiles (and connections) to the folder given by \`project\`.`,
  );
}

async function refuseConnections(reader: Reader, project: Project): Promise<void> {
  const carried = new Set(project.connections.map(({ name }) => name.replace(/\.connection$/, '')));
  const missing = (await reader.connectors()).filter((name) => !carried.has(name));
  if (missing.length === 0) return;
  throw new Stop(
    'unfaithful',
    `The workspace has ${missing.length === 1 ? 'a connection' : 'connections'} that cannot be read back: ${missing.sort().join(', ')}. A deployment without ${missing.length === 1 ? 'it' : 'them'} would delete ${missing.length === 1 ? 'it' : 'them'}. Nothing was sent. Add \`${missing[0]}.connection\` to the folder given by \`project\`.`,
  );
}
