import type { VolumeName } from '../../core/names.ts';
import type { RemovedVolume, Volume } from '../../core/volume.ts';
import { asVolumeError, VolumeError } from '../../core/volume-error.ts';
import { isMeant, notRemoved } from '../removed.ts';
import type { JointContext } from './context.ts';
import type { Member } from './member.ts';
import { askMembers, onlyOwner, reasonsOf, type SilentMember } from './search.ts';

interface RemovedThere {
  readonly member: Member;
  readonly removed: RemovedVolume;
}

/**
 * The removed volumes of all members, newest first. Rejects with `unavailable` if a member is silent: a list with a gap looks
 * like a loss.
 */
export async function listAllRemoved(context: JointContext): Promise<readonly RemovedVolume[]> {
  const { found, silent } = await askRemoved(context);
  if (silent.length > 0) throw untold(context, silent);
  return found.map(({ removed }) => removed);
}

/** The removed volumes of those members that answer. */
export async function listToldRemoved(
  context: Pick<JointContext, 'members'>,
): Promise<readonly RemovedVolume[]> {
  return (await askRemoved(context)).found.map(({ removed }) => removed);
}

/**
 * Brings back the newest removed volume of this name over all members, or the one with this ID. Throws `conflict` if a member
 * has the name.
 */
export async function undeleteInMember(
  context: JointContext,
  name: VolumeName,
  id: string | undefined,
  as: VolumeName,
): Promise<Volume> {
  const { member, removed } = await chooseRemoved(context, name, id, as);
  return member.undelete(name, removed.volume.id, as);
}

export async function chooseRemoved(
  context: JointContext,
  name: VolumeName,
  id: string | undefined,
  as: VolumeName = name,
): Promise<RemovedThere> {
  const { found, silent } = await askRemoved(context);
  const chosen = found.find(({ removed }) => isMeant(removed, name, id));
  // The newest one is known only once all members have answered; an ID needs no comparison.
  if (silent.length > 0 && (chosen === undefined || id === undefined)) throw untold(context, silent);
  if (chosen === undefined) throw notRemoved(context.name, name, id);
  const owner = onlyOwner(context, as, await askMembers(context, as, 'one'));
  if (owner !== undefined) {
    throw new VolumeError(
      'conflict',
      `Volume ${as} exists in member ${owner.name} of driver ${context.name}: remove it, then bring the other back.`,
    );
  }
  return chosen;
}

async function askRemoved(
  context: Pick<JointContext, 'members'>,
): Promise<{ readonly found: readonly RemovedThere[]; readonly silent: readonly SilentMember[] }> {
  const silent: SilentMember[] = [];
  const lists = await Promise.all(
    context.members.map(async (member) => {
      try {
        return (await member.listRemoved()).map((removed) => ({ member, removed }));
      } catch (thrown) {
        silent.push({ member, error: asVolumeError(thrown, `Driver ${member.name} failed`) });
        return [];
      }
    }),
  );
  const time = ({ removed }: RemovedThere): number => Date.parse(removed.removedAt);
  return { found: lists.flat().sort((a, b) => time(b) - time(a)), silent };
}

function untold(context: JointContext, silent: readonly SilentMember[]): VolumeError {
  return new VolumeError(
    'unavailable',
    `The removed volumes of driver ${context.name} cannot be listed now: member ${reasonsOf(silent)} Ask the other members by their own names, or try again when it answers.`,
    { cause: silent[0]?.error },
  );
}
