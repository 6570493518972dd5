import type { Capabilities } from '../../backends/backend.ts';
import type { VolumeName } from '../../core/names.ts';
import { within } from '../deadline.ts';
import { joined } from '../in-time.ts';
import { createKeyedQueue } from '../keyed-queue.ts';
import { createMissing } from '../missing.ts';
import type { DriverStatus, ListedVolume, VolumeDriver, VolumeUses, VolumeView } from '../volume-driver.ts';
import type { JointContext } from './context.ts';
import { createInMember } from './create.ts';
import { foreseeInMember } from './foresee.ts';
import type { Member } from './member.ts';
import { mountInMember, unmountInMembers } from './mount.ts';
import { offersOfAny, protectingVerbs, refuseAsJoint } from './protect.ts';
import { publishInMember, unpublishInMembers } from './publish.ts';
import { releaseInMember } from './release.ts';
import { removeFromMember } from './remove.ts';
import { listAllRemoved, listToldRemoved, undeleteInMember } from './removed.ts';
import { askMembers, onlyOwner } from './search.ts';

export type JointParts = Omit<JointContext, 'queue' | 'missing'>;

/** What a configuration says of a joint driver. */
export type JointRules = Pick<JointContext, 'members' | 'rules' | 'defaultMember'>;

export interface JointDriver extends VolumeDriver {
  /** Later calls follow these; those under way keep the earlier ones. */
  follow(rules: JointRules): void;
  /** Lets calls under way finish; to be called before the members are closed. */
  close(): Promise<void>;
}

/**
 * One name over several drivers. It keeps no state: each verb goes to the member that has the volume, and the member keeps
 * holders, mountpoints and recovery. docs/reference/joint-drivers.md says what happens while a member is silent.
 */
export function createJointDriver(parts: JointParts): JointDriver {
  const { name, timings } = parts;
  const queue = createKeyedQueue();
  let members = parts.members;
  // An engine asks for them once: they do not change when a member is opened late.
  let capabilities = weakest(members);
  /** The revisions of earlier members. */
  let passed = 0;
  const revisionOf = (): number => members.reduce((sum, member) => sum + member.revision, 0);
  let context: JointContext = {
    ...parts,
    queue,
    missing: createMissing({
      driver: name,
      patience: timings.trashDeadline,
      listRemoved: () => listToldRemoved({ members }),
    }),
  };

  return {
    name,
    backend: 'joint',
    get members() {
      return members.map((member) => member.name);
    },
    get capabilities() {
      return capabilities;
    },
    get offers() {
      return offersOfAny(members);
    },
    create: (volume, options, prepare) =>
      joined(
        volume,
        'created',
        timings.longDeadline,
        queue.run(volume, () => createInMember(context, volume, options, prepare)),
      ),
    remove: (volume) =>
      joined(
        volume,
        'removed',
        timings.callDeadline,
        queue.run(volume, () => removeFromMember(context, volume)),
      ),
    mount: (volume, id, caller) => mountInMember(context, volume, id, caller),
    unmount: (volume, id) => unmountInMembers(context, volume, id),
    releaseVolume: (volume) =>
      joined(
        volume,
        'released',
        timings.longDeadline,
        queue.run(volume, () => releaseInMember(context, volume)),
      ),
    publish: (volume, place) => publishInMember(context, volume, place),
    unpublish: (volume, path) => unpublishInMembers(context, volume, path),
    get: (volume) => viewInMember(context, volume),
    usageOf: async (volume) => (await ownerOf(context, volume))?.usageOf(volume),
    usesOf: (volume) => usesInMember(context, volume),
    thisHost: () => refuseAsJoint(context),
    freeSpace: () => refuseAsJoint(context),
    missing: (volume) => context.missing(volume),
    list: () => union(members, (member) => member.list()),
    views: () =>
      union(members, function* (member) {
        for (const view of member.views()) yield { ...view, member: member.name };
      }),
    status: () => joinedStatus(members),
    // Each member tells its own.
    uses: async () => [],
    unused: async () => {
      const found = await Promise.all(members.map((member) => member.unused()));
      return found.flatMap((volumes, index) => {
        const member = members[index]?.name;
        return member === undefined ? [] : volumes.map((one) => ({ ...one, view: { ...one.view, member } }));
      });
    },
    get revision() {
      // Revisions only grow, so the sum changes with each of them.
      return passed + revisionOf();
    },
    follow(rules) {
      passed += revisionOf() + 1;
      members = rules.members;
      capabilities = weakest(members);
      context = { ...context, ...rules };
    },
    listRemoved: () => listAllRemoved(context),
    undelete: (volume, id, as = volume) =>
      within(
        queue.run(as, () => undeleteInMember(context, volume, id, as)),
        timings.callDeadline,
        `Volume ${volume} is still being brought back: try again.`,
      ),
    foresee: (intent) => foreseeInMember(context, intent),
    ...protectingVerbs(context),
    // Each member tells of its own storage.
    diagnose: async () => [],
    // Each member recovers its own volumes.
    planRecovery: async () => [],
    recover: async () => [],
    close: () => queue.idle(),
  };
}

function weakest(members: readonly Member[]): Capabilities {
  const isLocal = members.some(({ capabilities }) => capabilities.scope === 'local');
  const isOneHosts = members.some(({ capabilities }) => capabilities.sharing === 'one-host');
  return { scope: isLocal ? 'local' : 'global', sharing: isOneHosts ? 'one-host' : 'many-hosts' };
}

/** A name that several have counts for each. */
function joinedStatus(members: readonly Member[]): DriverStatus {
  const all = members.map((member) => member.status());
  const sum = (of: (status: DriverStatus) => number) => all.reduce((total, one) => total + of(one), 0);
  return {
    volumes: sum(({ volumes }) => volumes),
    unreadable: sum(({ unreadable }) => unreadable),
    mounted: sum(({ mounted }) => mounted),
    held: sum(({ held }) => held),
  };
}

/** Sorted. If several members have a name, the first one's volume is listed. */
function union<T extends ListedVolume>(
  members: readonly Member[],
  volumesOf: (member: Member) => Iterable<T>,
): readonly T[] {
  const listed = new Map<VolumeName, T>();
  for (const member of members) {
    for (const volume of volumesOf(member))
      if (!listed.has(volume.volume.name)) listed.set(volume.volume.name, volume);
  }
  return [...listed.values()].sort((a, b) => (a.volume.name < b.volume.name ? -1 : 1));
}

/**
 * From memory if only one member knows the name. If several do, the held volume is shown: an engine that gets an error forgets
 * the volume and never sends its Unmount. Otherwise all members are asked, since the volume in memory may be gone.
 */
async function viewInMember(context: JointContext, name: VolumeName): Promise<VolumeView | undefined> {
  const known = context.members.flatMap((member) => viewIn(member, name));
  const sure = known.length === 1 ? known[0] : known.find(({ holders }) => holders.length > 0);
  if (sure !== undefined) return sure;
  const owner = onlyOwner(context, name, await askMembers(context, name, 'one'));
  return owner && viewIn(owner, name)[0];
}

async function ownerOf(context: JointContext, name: VolumeName): Promise<Member | undefined> {
  const view = await viewInMember(context, name);
  return context.members.find((member) => member.name === view?.member);
}

async function usesInMember(context: JointContext, name: VolumeName): Promise<VolumeUses> {
  const owner = await ownerOf(context, name);
  return owner === undefined ? { users: [], ownMounts: [] } : owner.usesOf(name);
}

function viewIn(member: Member, name: VolumeName): readonly VolumeView[] {
  const view = member.known(name);
  return view === undefined ? [] : [{ ...view, member: member.name }];
}
