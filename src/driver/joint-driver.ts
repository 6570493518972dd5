import type { Capabilities } from '../backends/backend.ts';
import type { VolumeName } from '../core/names.ts';
import { VolumeError } from '../core/volume-error.ts';
import { within } from './deadline.ts';
import type { JointContext } from './joint-context.ts';
import { createInMember } from './joint-create.ts';
import { mountInMember, unmountInMembers } from './joint-mount.ts';
import { listAllRemoved, undeleteInMember } from './joint-removed.ts';
import { askMembers, onlyOwner, reasonsOf } from './joint-search.ts';
import { createKeyedQueue } from './keyed-queue.ts';
import type { Member } from './member.ts';
import type { ListedVolume, VolumeDriver, VolumeView } from './volume-driver.ts';

export type JointParts = Omit<JointContext, 'queue'>;

export interface JointDriver extends VolumeDriver {
  /** Lets calls under way finish; to be called before the members are closed. */
  close(): Promise<void>;
}

/**
 * One name over several drivers. It keeps nothing of its own: each verb goes to the member that has the volume, whose
 * holders, mountpoints and recovery are the member's. docs/reference/joint-drivers.md says what is done where a member is silent.
 */
export function createJointDriver(parts: JointParts): JointDriver {
  const { name, members, timings } = parts;
  const context: JointContext = { ...parts, queue: createKeyedQueue() };
  const { queue } = context;

  return {
    name,
    backend: 'joint',
    members: members.map((member) => member.name),
    capabilities: weakest(members),
    create: (volume, options) =>
      within(
        queue.run(volume, () => createInMember(context, volume, options)),
        timings.longDeadline,
        `Volume ${volume} is still being created: the work goes on, and the same call again joins it.`,
      ),
    remove: (volume) =>
      within(
        queue.run(volume, () => removeFromMember(context, volume)),
        timings.callDeadline,
        `Volume ${volume} is still being removed: the work goes on, and the same call again joins it.`,
      ),
    mount: (volume, id, caller) => mountInMember(context, volume, id, caller),
    unmount: (volume, id) => unmountInMembers(context, volume, id),
    get: (volume) => viewInMember(context, volume),
    list: () => union(members),
    get revision() {
      // None of them ever becomes less, so the sum changes with each.
      return members.reduce((sum, member) => sum + member.revision, 0);
    },
    listRemoved: () => listAllRemoved(context),
    undelete: (volume, id) =>
      within(
        queue.run(volume, () => undeleteInMember(context, volume, id)),
        timings.callDeadline,
        `Volume ${volume} is still being brought back: try again.`,
      ),
    // Each member recovers its own.
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

/** Sorted; a name that several members have is there once, as the first of them has it. */
function union(members: readonly Member[]): readonly ListedVolume[] {
  const listed = new Map<VolumeName, ListedVolume>();
  for (const member of members) {
    for (const volume of member.list())
      if (!listed.has(volume.volume.name)) listed.set(volume.volume.name, volume);
  }
  return [...listed.values()].sort((a, b) => (a.volume.name < b.volume.name ? -1 : 1));
}

/**
 * From memory when one member knows the name. One that several know is shown while somebody holds it: an engine that is told of
 * no volume forgets it, and never sends its Unmount. Otherwise all are asked, as what memory has of one may be gone.
 */
async function viewInMember(context: JointContext, name: VolumeName): Promise<VolumeView | undefined> {
  const known = context.members.flatMap((member) => viewIn(member, name));
  const sure = known.length === 1 ? known[0] : known.find(({ holders }) => holders.length > 0);
  if (sure !== undefined) return sure;
  const owner = onlyOwner(context, name, await askMembers(context, name, 'short'));
  return owner && viewIn(owner, name)[0];
}

function viewIn(member: Member, name: VolumeName): readonly VolumeView[] {
  const view = member.known(name);
  return view === undefined ? [] : [{ ...view, member: member.name }];
}

/** Refused while any member is silent: it may have the volume that is meant, and data is at stake. */
async function removeFromMember(context: JointContext, name: VolumeName): Promise<void> {
  const answers = await askMembers(context, name, 'long');
  const owner = onlyOwner(context, name, answers);
  if (owner === undefined) return;
  if (answers.silent.length > 0) {
    throw new VolumeError(
      'unavailable',
      `Volume ${name} was not removed: member ${owner.name} of driver ${context.name} has it, but member ${reasonsOf(answers.silent)} Try again when it answers, or remove it with \`holdfast volume rm --driver ${owner.name} ${name}\`.`,
      { cause: answers.silent[0]?.error },
    );
  }
  await owner.remove(name);
}
