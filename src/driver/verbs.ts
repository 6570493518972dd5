import { isUnreadable } from '../core/volume.ts';
import type { DriverContext } from './context.ts';
import { createVolume } from './create.ts';
import { foresee } from './foresight/foresee.ts';
import type { Member } from './joint/member.ts';
import { mountVolume } from './mount.ts';
import { attachVolume, detachVolume, thisHost } from './places/attach.ts';
import { publishVolume } from './places/publish.ts';
import { unpublishVolume } from './places/unpublish.ts';
import { readAside } from './protect/aside.ts';
import { copySnapshot } from './protect/copy-snapshot.ts';
import { fillVolume } from './protect/fill.ts';
import { listSnapshots } from './protect/find-snapshot.ts';
import { growVolume } from './protect/grow.ts';
import { clearLeftovers } from './protect/leftovers.ts';
import { modifyVolume } from './protect/modify.ts';
import { offersOf } from './protect/offered.ts';
import { removeSnapshot } from './protect/remove-snapshot.ts';
import { rollbackVolume } from './protect/rollback.ts';
import { takeSnapshot } from './protect/snapshot.ts';
import { knownVolume, listVolumes, lookupWithin, viewVolume, viewVolumes } from './read.ts';
import { planSteps, takeSteps } from './recovery.ts';
import { removeVolume } from './remove.ts';
import { driverStatus, stagedUses } from './status.ts';
import { releaseVolume } from './teardown/release.ts';
import { listRemoved, undeleteVolume } from './undelete.ts';
import { unmountVolume } from './unmount.ts';
import { freeSpace } from './usage/free-space.ts';
import { unusedVolumes } from './usage/last-use.ts';
import type { UsageRounds } from './usage/rounds.ts';
import { seeUse } from './use.ts';

/** The verbs of a driver with storage of its own: for each the file that does it. */
export function driverVerbs(
  context: DriverContext,
  backendName: string,
  usage: UsageRounds,
): Omit<Member, 'revision'> {
  const { backend } = context;
  return {
    name: context.name,
    backend: backendName,
    members: [],
    capabilities: backend.capabilities,
    offers: offersOf(backend),
    create: (name, options, prepare) => createVolume(context, name, options, prepare),
    remove: (name) => removeVolume(context, name),
    mount: (name, id, caller) => mountVolume(context, name, id, caller),
    unmount: (name, id) => unmountVolume(context, name, id),
    releaseVolume: (name) => releaseVolume(context, name),
    publish: (name, place) => publishVolume(context, name, place),
    unpublish: (name, path) => unpublishVolume(context, name, path),
    get: (name) => viewVolume(context, name),
    async usageOf(name) {
      const volume = knownVolume(context, name)?.volume;
      return volume === undefined || isUnreadable(volume) ? undefined : usage.of(volume);
    },
    usesOf: (name) => seeUse(context, name, 0),
    attach: (name, hostId) => attachVolume(context, name, hostId),
    detach: (name, hostId) => detachVolume(context, name, hostId),
    thisHost: () => thisHost(context),
    freeSpace: () => freeSpace(context),
    missing: context.missing,
    known: (name) => knownVolume(context, name),
    lookup: (name, patience) => lookupWithin(context, name, patience),
    list: () => listVolumes(context),
    views: () => viewVolumes(context),
    status: () => driverStatus(context),
    uses: () => stagedUses(context),
    unused: () => unusedVolumes(context),
    listRemoved: () => listRemoved(context),
    undelete: (name, ...more) => undeleteVolume(context, name, ...more),
    foresee: (intent) => foresee(context, intent),
    snapshot: (name, snapshot, use, prepare) => takeSnapshot(context, name, snapshot, use, prepare),
    listSnapshots: (name) => listSnapshots(context, name),
    copySnapshot: (name, snapshot, place) => copySnapshot(context, name, snapshot, place),
    removeSnapshot: (name, snapshot) => removeSnapshot(context, name, snapshot),
    rollback: (name, snapshot) => rollbackVolume(context, name, snapshot),
    grow: (name, ...more) => growVolume(context, name, ...more),
    modify: (name, options) => modifyVolume(context, name, options),
    readAside: (name, use, work) => readAside(context, name, use, work),
    fill: (name, options, work) => fillVolume(context, name, options, work),
    diagnose: (signal) => backend.diagnose(signal),
    planRecovery: () => planSteps(context),
    async recover() {
      const steps = await takeSteps(context, await planSteps(context));
      await clearLeftovers(context);
      return steps;
    },
  };
}
