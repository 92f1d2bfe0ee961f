// Bundling a few lines as the build does, for the tests of its plugins.
import { type BuildFailure, type BuildOptions, build } from 'esbuild';
import { root } from '../../scripts/bundle.ts';

/** Messages of the errors of bundling `source`. */
export async function problems(source: string, options: BuildOptions): Promise<string[]> {
  try {
    await build({
      stdin: { contents: source, resolveDir: root },
      absWorkingDir: root,
      bundle: true,
      platform: 'node',
      write: false,
      outdir: 'dist',
      logLevel: 'silent',
      ...options,
    });
    return [];
  } catch (error) {
    return (error as BuildFailure).errors.map(({ text }) => text);
  }
}
