import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Backend } from '../../../../src/backends/backend.ts';
import type { BackendDefinition } from '../../../../src/backends/definition.ts';
import type { Host } from '../../../../src/host/host.ts';
import type { BackendInputs, BackendUnderTest } from '../../../contract/backend/contract.ts';
import { openBackend } from '../../../fakes/open-backend.ts';
import { baseMountOf } from './under-test.ts';

interface RealShare extends Pick<BackendUnderTest, 'makeBackend' | 'makeBackendElsewhere'> {
  /** The mountpoint of the share. */
  root(): Promise<string>;
  /** Every backend that was made. */
  readonly made: readonly Backend[];
}

/** Backends with these settings on a real host, whose files are in the folder. */
export function onRealShare(
  definition: BackendDefinition,
  host: Host,
  folder: string,
  settings: Readonly<Record<string, unknown>>,
): RealShare {
  mkdirSync(join(folder, 'mnt'));
  const made: Backend[] = [];
  const open = (workDir: string, inputs: BackendInputs) => {
    const backend = openBackend(definition, {
      driver: 'shared',
      workDir: join(folder, workDir),
      witnesses: new Map(),
      ...inputs,
      settings: { ...settings, ...inputs.settings },
    });
    made.push(backend);
    return backend;
  };
  return {
    root: () => baseMountOf(host, join(folder, 'work')),
    made,
    makeBackend: (inputs) => open('work', inputs),
    makeBackendElsewhere: () =>
      open('elsewhere', {
        settings: {},
        defaults: {},
        profiles: {},
        host,
        log: { enabled: () => true, write: () => undefined },
        audit: () => undefined,
      }),
  };
}
