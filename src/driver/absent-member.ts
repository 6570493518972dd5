import type { DriverName } from '../core/names.ts';
import { asVolumeError, VolumeError } from '../core/volume-error.ts';
import type { Member } from './member.ts';

/**
 * Stands in a joint driver for a member that could not be opened: it knows nothing and can say nothing, so that nothing is
 * created beside what it may have.
 */
export function createAbsentMember(name: DriverName, backend: string, cause: unknown): Member {
  const refuse = async (): Promise<never> => {
    const { message } = asVolumeError(cause, 'its start failed');
    throw new VolumeError(
      'unavailable',
      `Driver ${name} could not be started (${message}): put it right, then restart Holdfast.`,
      { cause },
    );
  };
  return {
    name,
    backend,
    members: [],
    // Nobody can say what it would be: the least is promised.
    capabilities: { scope: 'local', sharing: 'one-host' },
    revision: 0,
    known: () => undefined,
    list: () => [],
    // What it held before is dropped by the reaper, once the driver can be opened again.
    unmount: async () => undefined,
    lookup: refuse,
    get: refuse,
    create: refuse,
    remove: refuse,
    mount: refuse,
    listRemoved: refuse,
    undelete: refuse,
    planRecovery: refuse,
    recover: refuse,
  };
}
