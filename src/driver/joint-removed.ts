import type { VolumeName } from '../core/names.ts';
import type { RemovedVolume, Volume } from '../core/volume.ts';
import { asVolumeError, VolumeError } from '../core/volume-error.ts';
import type { JointContext } from './joint-context.ts';
import { askMembers, onlyOwner, reasonsOf, type SilentMember, usualPatience } from './joint-search.ts';
import type { Member } from './member.ts';

interface RemovedThere {
  readonly member: Member;
  readonly removed: RemovedVolume;
}

/** Of all members, newest first. Rejects with `unavailable` when one cannot tell: a list with a gap looks like a loss. */
export async function listAllRemoved(context: JointContext): Promise<readonly RemovedVolume[]> {
  const { found, silent } = await askRemoved(context);
  if (silent.length > 0) throw untold(context, silent);
  return found.map(({ removed }) => removed);
}

/** The newest of the name over all members, or the one with this ID. `conflict` when a member has the name by now. */
export async function undeleteInMember(
  context: JointContext,
  name: VolumeName,
  id: string | undefined,
): Promise<Volume> {
  const { found, silent } = await askRemoved(context);
  const chosen = found.find(
    ({ removed: { volume } }) => volume.name === name && (id === undefined || volume.id === id),
  );
  // Which one is the newest is known only when all have told; an ID needs no comparison.
  if (silent.length > 0 && (chosen === undefined || id === undefined)) throw untold(context, silent);
  if (chosen === undefined) {
    const which = id === undefined ? name : `${name} with the ID ${id}`;
    throw new VolumeError(
      'not-found',
      `No removed volume ${which} is left in any member of driver ${context.name}: \`holdfast volume ls --removed\` lists those that are.`,
    );
  }
  const owner = onlyOwner(context, name, await askMembers(context, name, usualPatience(context, name)));
  if (owner !== undefined) {
    throw new VolumeError(
      'conflict',
      `Volume ${name} exists in member ${owner.name} of driver ${context.name}: remove it, then bring the other back.`,
    );
  }
  return chosen.member.undelete(name, chosen.removed.volume.id);
}

async function askRemoved(
  context: JointContext,
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
    `What was removed from driver ${context.name} cannot be told now: its member ${reasonsOf(silent)} Ask the other members by their own names, or try again when it answers.`,
    { cause: silent[0]?.error },
  );
}
