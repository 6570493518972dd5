import type { MountId, VolumeName } from '../core/names.ts';
import { VolumeError } from '../core/volume-error.ts';
import { within } from './deadline.ts';
import { holderThrough, type JointContext } from './joint-context.ts';
import { askMembers, onlyOwner, usualPatience } from './joint-search.ts';
import type { Member } from './member.ts';
import type { Caller, Mounted } from './volume-driver.ts';

/** Queued until the member has the call, no longer; an Unmount that comes later does not overtake the search. */
export async function mountInMember(
  context: JointContext,
  name: VolumeName,
  id: MountId,
  caller: Caller,
): Promise<Mounted> {
  let late = false;
  const holder = holderThrough(context, id);
  const patient: Caller = { gone: () => late || caller.gone() };
  const begun = context.queue.run(name, async () => {
    const member = await memberToMount(context, name, holder);
    return { mounted: member.mount(name, holder, patient) };
  });
  const answer = within(
    begun.then(({ mounted }) => mounted),
    context.timings.longDeadline,
    `Volume ${name} is still being mounted: the work goes on, and the same call again joins it.`,
  );
  return answer.catch((error) => {
    late = true;
    throw error;
  });
}

/** Whoever holds the volume goes on with the same one, and what is mounted here from one member alone is in no doubt. All else is asked. */
async function memberToMount(context: JointContext, name: VolumeName, holder: MountId): Promise<Member> {
  const known = context.members.filter((member) => member.known(name) !== undefined);
  const held = known.find((member) => member.known(name)?.holders.some(({ id }) => id === holder));
  if (held !== undefined) return held;
  const [first, second] = known;
  if (second === undefined && first?.known(name)?.mountpoint !== undefined) return first;
  const owner = onlyOwner(context, name, await askMembers(context, name, usualPatience(context, name)));
  if (owner !== undefined) return owner;
  throw new VolumeError(
    'not-found',
    `Volume ${name} does not exist in driver ${context.name}: create it with \`docker volume create --driver ${context.name} ${name}\`.`,
  );
}

/**
 * In every member, since a Mount may still be under way there; where nobody holds by this ID nothing is done. Never rejects.
 */
export async function unmountInMembers(context: JointContext, name: VolumeName, id: MountId): Promise<void> {
  const holder = holderThrough(context, id);
  const begun = context.queue.run(name, async () => ({
    unmounted: Promise.all(context.members.map((member) => member.unmount(name, holder))),
  }));
  try {
    await within(
      begun.then(({ unmounted }) => unmounted),
      context.timings.callDeadline,
      `Volume ${name} is still being unmounted.`,
    );
  } catch (error) {
    context.log.write('warn', 'unmount-goes-on', { driver: context.name, volume: name, id, error });
  }
}
