import type { DriverName } from '../../core/names.ts';
import type { VolumeError } from '../../core/volume-error.ts';
import type { Member } from '../joint/member.ts';

/**
 * Stands for a driver that is not open. It refuses every question, so that a joint driver creates no volume whose name this one
 * may have.
 */
export function createAbsentDriver(name: DriverName, backend: string, refusal: () => VolumeError): Member {
  const refuse = async (): Promise<never> => {
    throw refusal();
  };
  return {
    name,
    backend,
    members: [],
    // They are unknown, so the weakest are assumed.
    capabilities: { scope: 'local', sharing: 'one-host' },
    offers: { snapshots: false, growth: false, modifications: false, freeSpace: false, attachments: false },
    revision: 0,
    known: () => undefined,
    list: () => [],
    views: () => [],
    status: () => ({ volumes: 0, unreadable: 0, mounted: 0, held: 0 }),
    usageOf: refuse,
    usesOf: refuse,
    unused: refuse,
    // The reaper drops its holders once the driver can be opened again.
    unmount: async () => undefined,
    publish: refuse,
    unpublish: refuse,
    lookup: refuse,
    get: refuse,
    uses: refuse,
    attach: refuse,
    detach: refuse,
    thisHost: refuse,
    freeSpace: refuse,
    missing: refuse,
    create: refuse,
    remove: refuse,
    mount: refuse,
    releaseVolume: refuse,
    listRemoved: refuse,
    undelete: refuse,
    foresee: refuse,
    snapshot: refuse,
    listSnapshots: refuse,
    removeSnapshot: refuse,
    copySnapshot: refuse,
    rollback: refuse,
    grow: refuse,
    modify: refuse,
    readAside: refuse,
    fill: refuse,
    diagnose: async () => [],
    planRecovery: refuse,
    recover: refuse,
  };
}
