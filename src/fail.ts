// How a step says that it has failed.
import * as core from '@actions/core';

export function fail(message: string, exitCode: 1 | 2): void {
  core.setFailed(message);
  process.exitCode = exitCode;
}
