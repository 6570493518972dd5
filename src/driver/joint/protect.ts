import type { VolumeName } from '../../core/names.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { forExisting } from '../missing.ts';
import type { ListedSnapshot, Offers, VolumeDriver } from '../volume-driver.ts';
import type { JointContext } from './context.ts';
import { memberToCreate } from './create.ts';
import type { Member } from './member.ts';
import { askMembers, onlyOwner, reasonsOf } from './search.ts';

type ProtectingVerbs = Pick<
  VolumeDriver,
  | 'snapshot'
  | 'listSnapshots'
  | 'removeSnapshot'
  | 'copySnapshot'
  | 'rollback'
  | 'grow'
  | 'modify'
  | 'attach'
  | 'detach'
  | 'readAside'
  | 'fill'
>;

/** Each goes to the member that has the volume. */
export function protectingVerbs(context: JointContext): ProtectingVerbs {
  return {
    snapshot: async (volume, ...more) => (await soleOwner(context, volume)).snapshot(volume, ...more),
    listSnapshots: (volume) => listInMembers(context, volume),
    removeSnapshot: async (volume, snapshot) =>
      (await soleOwner(context, volume)).removeSnapshot(volume, snapshot),
    copySnapshot: async (volume, ...more) => (await soleOwner(context, volume)).copySnapshot(volume, ...more),
    rollback: async (volume, snapshot) => (await soleOwner(context, volume)).rollback(volume, snapshot),
    modify: async (volume, options) => (await soleOwner(context, volume)).modify(volume, options),
    attach: async (volume, hostId) => (await soleOwner(context, volume)).attach(volume, hostId),
    detach: async (volume, hostId) => (await soleOwner(context, volume)).detach(volume, hostId),
    grow: async (volume, ...more) => (await soleOwner(context, volume)).grow(volume, ...more),
    readAside: async (volume, use, work) => (await soleOwner(context, volume)).readAside(volume, use, work),
    async fill(volume, options, work) {
      const { member, rest } = await memberToCreate(context, volume, options);
      return member.fill(volume, rest, work);
    },
  };
}

export function offersOfAny(members: readonly Member[]): Offers {
  return {
    snapshots: members.some(({ offers }) => offers.snapshots),
    growth: members.some(({ offers }) => offers.growth),
    modifications: members.some(({ offers }) => offers.modifications),
    // Which member gets a volume depends on the volume.
    freeSpace: false,
    attachments: members.some(({ offers }) => offers.attachments),
  };
}

/** For what each member has of its own. */
export async function refuseAsJoint({ name }: JointContext): Promise<never> {
  throw new VolumeError('invalid', `Driver ${name} has no storage of its own: ask its members.`);
}

/** Refused while any member is silent: that member may have the volume that is meant. */
export async function soleOwner(context: JointContext, name: VolumeName): Promise<Member> {
  const answers = await askMembers(context, name, 'all');
  const owner = onlyOwner(context, name, answers);
  if (owner === undefined) throw forExisting(await context.missing(name), name, []);
  if (answers.silent.length === 0) return owner;
  throw new VolumeError(
    'unavailable',
    `Member ${owner.name} of driver ${context.name} has volume ${name}, but member ${reasonsOf(answers.silent)} Try again when it answers, or name the driver ${owner.name}.`,
    { cause: answers.silent[0]?.error },
  );
}

async function listInMembers(
  context: JointContext,
  name: VolumeName | undefined,
): Promise<readonly ListedSnapshot[]> {
  if (name !== undefined) return (await soleOwner(context, name)).listSnapshots(name);
  return (await Promise.all(context.members.map((member) => member.listSnapshots()))).flat();
}
