import { VolumeError } from '../../../src/core/volume-error.ts';
import type { ProgramResult, Programs } from '../../../src/host/host.ts';
import type { FakeState } from './state.ts';

/** Runs the programs in `state.programs`; all others are not installed. */
export function fakePrograms(state: FakeState): Programs {
  return {
    run: async (program, args, signal, input = '') => {
      const name = program.split('/').at(-1) ?? program;
      if (signal.aborted) throw new VolumeError('timeout', `${name} was ended by its deadline.`);
      const behaviour = state.programs.get(name);
      if (!behaviour) throw new VolumeError('unavailable', `${name} is not installed.`);
      return behaviour({ args, input, signal, state });
    },
  };
}

export function success(stdout = ''): ProgramResult {
  return { exitCode: 0, stdout, stderr: '' };
}

export function failure(stderr: string, exitCode = 1): ProgramResult {
  return { exitCode, stdout: '', stderr };
}
