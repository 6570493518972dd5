import fc from 'fast-check';
import type { MountId } from '../../../src/core/names.ts';
import { parseDriverName, parseSnapshotName, parseVolumeName } from '../../../src/core/names.ts';
import type { Snapshot } from '../../../src/core/protect/snapshot.ts';
import type { Usage } from '../../../src/core/usage.ts';
import type { Volume } from '../../../src/core/volume.ts';
import { errorCodes, VolumeError } from '../../../src/core/volume-error.ts';
import type { VolumeEvent } from '../../../src/core/volume-event.ts';
import {
  foreseenActs,
  type HolderView,
  type VolumeDriver,
  type VolumeView,
} from '../../../src/driver/volume-driver.ts';
import type { MountUser } from '../../../src/host/host.ts';
import type { DriverHealth } from '../../../src/http/admin/health.ts';

/*
 * Drivers with any answer that their interface allows, with and without each optional part. A new required field in the
 * interface is a compile error here.
 */

const time = fc
  .date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());
const epoch = fc.nat(4e12);
const name = fc.constantFrom('db', 'logs', 'a.b-c_d').map(parseVolumeName);
const options = fc.dictionary(fc.string(), fc.string());
const id = fc.constantFrom('operator', 'recovered', 'x'.repeat(64)).map((text) => text as MountId);

const volume: fc.Arbitrary<Volume> = fc.record({
  name,
  id: fc.string(),
  options,
  given: options,
  createdAt: time,
});
const snapshotName = fc.constantFrom('before', 'a.b').map(parseSnapshotName);
const snapshot: fc.Arbitrary<Snapshot> = fc.record({
  name: snapshotName,
  id: fc.string(),
  volume,
  createdAt: time,
  consistency: fc.constantFrom('unmounted', 'frozen'),
});
const unreadableSnapshot = fc.record({
  name: snapshotName,
  volumeId: fc.string(),
  unreadable: fc.string(),
});
const unreadable = fc.record({ name, unreadable: fc.string() });
const fill = { usedBytes: fc.nat(), sizeBytes: fc.nat(), usedInodes: fc.nat(), inodes: fc.nat() };
const usage: fc.Arbitrary<Usage> = fc.record(
  {
    ...fill,
    of: fc.constantFrom('volume', 'share', 'root'),
    isAtLeast: fc.constant(true),
    room: fc.record(
      { ...fill, of: fc.constantFrom('share', 'root'), place: fc.string() },
      { requiredKeys: ['of', 'place'] },
    ),
    measuredAt: epoch,
  },
  { requiredKeys: ['of', 'measuredAt'] },
);
const health = fc.record({
  server: fc.string(),
  state: fc.string(),
  detail: fc.string(),
  losses: fc.nat(),
  checkedAt: epoch,
});
const user: fc.Arbitrary<MountUser> = fc.record(
  {
    pid: fc.nat(),
    command: fc.string(),
    containerId: fc.constantFrom('f'.repeat(64), 'a-task-id'),
    mountpoint: fc.string(),
    isCovered: fc.constant(true),
  },
  { requiredKeys: ['pid', 'command', 'mountpoint'] },
);
const holder: fc.Arbitrary<HolderView> = fc.record({
  id,
  kind: fc.constantFrom('client', 'operator'),
  mountedAt: time,
});
const view: fc.Arbitrary<VolumeView> = fc.record(
  {
    volume: fc.oneof(volume, unreadable),
    mountpoint: fc.string(),
    member: fc.constant(parseDriverName('gold')),
    holders: fc.array(holder, { maxLength: 2 }),
    catalogAge: fc.nat(),
    health,
    usage,
    details: options,
    mustRestart: fc.array(user, { maxLength: 2 }),
    unmountsPending: fc.array(id, { maxLength: 2 }),
  },
  { requiredKeys: ['volume', 'holders'] },
);
const uses = { users: fc.array(user, { maxLength: 2 }), ownMounts: fc.array(fc.string(), { maxLength: 2 }) };
const step = fc.record(
  {
    action: fc.constantFrom('thaw', 'restage', 'unstage', 'give-up', 'forget', 'adopt'),
    volume: name,
    why: fc.string(),
    error: fc.string(),
  },
  { requiredKeys: ['action', 'volume', 'why'] },
);
const few = <T>(one: fc.Arbitrary<T>) => fc.array(one, { maxLength: 2 });

const answers = fc.record({
  capabilities: fc.record({
    scope: fc.constantFrom('local' as const, 'global' as const),
    sharing: fc.constantFrom('one-host' as const, 'many-hosts' as const),
  }),
  view: fc.option(view, { nil: undefined, freq: 9 }),
  views: few(view),
  status: fc.record(
    {
      volumes: fc.nat(),
      unreadable: fc.nat(),
      mounted: fc.nat(),
      held: fc.nat(),
      catalogAge: fc.nat(),
      health,
    },
    { requiredKeys: ['volumes', 'unreadable', 'mounted', 'held'] },
  ),
  uses: few(fc.record({ view, use: fc.constantFrom('used', 'unused', 'hidden'), ...uses })),
  usesOf: fc.record(uses),
  unused: few(fc.record({ view, lastUsed: epoch }, { requiredKeys: ['view'] })),
  released: fc.record({ holders: few(id), mountpoint: fc.string() }, { requiredKeys: ['holders'] }),
  removed: few(
    fc.record({ volume, removedAt: time, purgeAfter: time }, { requiredKeys: ['volume', 'removedAt'] }),
  ),
  volume,
  foreseen: fc.record(
    {
      steps: few(fc.record({ act: fc.constantFrom(...foreseenActs), about: fc.string() })),
      volume,
    },
    { requiredKeys: ['steps'] },
  ),
  snapshot,
  copied: fc.record(
    { id: fc.string(), place: fc.string(), progress: fc.integer({ min: 0, max: 100 }) },
    { requiredKeys: ['id', 'place'] },
  ),
  snapshots: few(fc.record({ volume: name, snapshot: fc.oneof(snapshot, unreadableSnapshot) })),
  rolledBack: fc.record(
    { volume, removedAt: time, purgeAfter: time },
    { requiredKeys: ['volume', 'removedAt'] },
  ),
  mountpoint: fc.string(),
  findings: few(
    fc.record(
      {
        level: fc.constantFrom('ok', 'warning', 'failure'),
        subject: fc.string(),
        evidence: fc.string(),
        mend: fc.string(),
      },
      { requiredKeys: ['level', 'subject', 'evidence'] },
    ),
  ),
  steps: few(step),
  failure: fc.option(
    fc.oneof(
      fc.record({ code: fc.constantFrom(...errorCodes), message: fc.string() }).map(asError),
      fc.string().map((message) => new TypeError(message)),
    ),
    { nil: undefined, freq: 4 },
  ),
});

function asError({ code, message }: { code: (typeof errorCodes)[number]; message: string }): Error {
  return new VolumeError(code, message);
}

/** A driver with this name. With a `failure`, every verb rejects with it. */
export function anyDriver(driverName: string): fc.Arbitrary<VolumeDriver> {
  return answers.map((given) => {
    const answer = async <T>(value: T): Promise<T> => {
      if (given.failure) throw given.failure;
      return value;
    };
    return {
      name: parseDriverName(driverName),
      backend: 'any',
      members: [],
      capabilities: given.capabilities,
      offers: { snapshots: true, growth: true, modifications: true, freeSpace: true, attachments: true },
      revision: 0,
      create: () => answer(undefined),
      remove: () => answer(undefined),
      mount: () => answer({ mountpoint: given.mountpoint, undelivered: async () => undefined }),
      usageOf: () => answer(undefined),
      publish: () => answer(undefined),
      unpublish: () => answer(undefined),
      unmount: () => answer(undefined),
      releaseVolume: () => answer(given.released),
      get: () => answer(given.view),
      missing: async (volumeName) => new VolumeError('not-found', `There is no ${volumeName}.`),
      list: () => given.views,
      views: () => given.views,
      status: () => given.status,
      uses: () => answer(given.uses),
      usesOf: () => answer(given.usesOf),
      unused: () => answer(given.unused),
      listRemoved: () => answer(given.removed),
      undelete: () => answer(given.volume),
      foresee: () => answer(given.foreseen),
      snapshot: () => answer(given.snapshot),
      listSnapshots: () => answer(given.snapshots),
      removeSnapshot: () => answer(undefined),
      copySnapshot: () => answer(given.copied),
      rollback: () => answer(given.rolledBack),
      grow: () => answer(given.volume),
      attach: () => answer(undefined),
      detach: () => answer(undefined),
      thisHost: () => answer({ id: given.mountpoint, zone: given.mountpoint }),
      freeSpace: () => answer(given.status.volumes),
      modify: () => answer(given.volume),
      readAside: (_, __, work) =>
        work({ path: given.mountpoint, volume: given.volume, consistency: 'unmounted' }),
      fill: () => answer(given.volume),
      diagnose: async () => given.findings,
      planRecovery: () => answer(given.steps),
      recover: () => answer(given.steps),
    };
  });
}

export const anyHealth: fc.Arbitrary<DriverHealth> = fc.record(
  {
    driver: fc.constant('gold'),
    state: fc.constantFrom('ready', 'recovering', 'failed'),
    error: fc.constant(new Error('no disk')),
    retryInMs: fc.nat(),
    storage: health,
  },
  { requiredKeys: ['driver', 'state'] },
);

export const anyEvent: fc.Arbitrary<VolumeEvent> = fc.record(
  {
    id: fc.string(),
    time,
    what: fc.string(),
    driver: fc.string(),
    volume: fc.string(),
    outcome: fc.constantFrom('ok', ...errorCodes),
    asker: fc.record(
      {
        door: fc.constantFrom('plugin', 'admin', 'daemon'),
        process: fc.record(
          { pid: fc.nat(), uid: fc.nat(), command: fc.string() },
          { requiredKeys: ['pid', 'uid'] },
        ),
      },
      { requiredKeys: ['door'] },
    ),
    ms: fc.nat(),
    message: fc.string(),
    repeated: fc.nat(),
  },
  { requiredKeys: ['id', 'time', 'what', 'driver', 'outcome', 'asker'] },
);
