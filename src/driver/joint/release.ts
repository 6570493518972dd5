import type { VolumeName } from '../../core/names.ts';
import { forExisting } from '../missing.ts';
import type { Released } from '../volume-driver.ts';
import type { JointContext } from './context.ts';
import type { Member } from './member.ts';
import { askMembers, onlyOwner } from './search.ts';

/** From the member that has it mounted here; its storage need not answer. */
export async function releaseInMember(context: JointContext, name: VolumeName): Promise<Released> {
  return (await memberToRelease(context, name)).releaseVolume(name);
}

export async function memberToRelease(context: JointContext, name: VolumeName): Promise<Member> {
  const [first, second] = context.members.filter((member) => {
    const known = member.known(name);
    return known !== undefined && (known.mountpoint !== undefined || known.holders.length > 0);
  });
  if (first !== undefined && second === undefined) return first;
  const owner = onlyOwner(context, name, await askMembers(context, name, 'one'));
  if (owner !== undefined) return owner;
  throw forExisting(await context.missing(name), name, []);
}
