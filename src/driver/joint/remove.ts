import type { VolumeName } from '../../core/names.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { JointContext } from './context.ts';
import type { Member } from './member.ts';
import { askMembers, onlyOwner, reasonsOf } from './search.ts';

export async function removeFromMember(context: JointContext, name: VolumeName): Promise<void> {
  await (await memberToRemove(context, name))?.remove(name);
}

/** Refused while any member is silent: that member may have the volume that is meant. */
export async function memberToRemove(context: JointContext, name: VolumeName): Promise<Member | undefined> {
  const answers = await askMembers(context, name, 'all');
  const owner = onlyOwner(context, name, answers);
  if (owner === undefined) return undefined;
  if (answers.silent.length > 0) {
    throw new VolumeError(
      'unavailable',
      `Volume ${name} was not removed: member ${owner.name} of driver ${context.name} has it, but member ${reasonsOf(answers.silent)}`,
      {
        cause: answers.silent[0]?.error,
        waysOut: ['try again when it answers', { act: 'remove', volume: name, driver: owner.name }],
      },
    );
  }
  return owner;
}
