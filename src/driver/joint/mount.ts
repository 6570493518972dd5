import type { MountId, VolumeName } from '../../core/names.ts';
import { mountInTime, unmountInTime } from '../in-time.ts';
import type { Caller, Mounted } from '../volume-driver.ts';
import { holderThrough, type JointContext } from './context.ts';
import type { Member } from './member.ts';
import { askMembers, onlyOwner } from './search.ts';

/** Queued only until the member has the call. A later Unmount does not overtake the search. */
export function mountInMember(
  context: JointContext,
  name: VolumeName,
  id: MountId,
  caller: Caller,
): Promise<Mounted> {
  const holder = holderThrough(context, id);
  return mountInTime(context, name, caller, async (patient) => {
    const begun = await context.queue.run(name, async () => {
      const member = await memberToMount(context, name, holder);
      return { mounted: member.mount(name, holder, patient) };
    });
    return begun.mounted;
  });
}

/**
 * An existing holder keeps its member, and a volume that only one member has mounted here is that member's; otherwise all are
 * asked.
 */
export async function memberToMount(
  context: JointContext,
  name: VolumeName,
  holder: MountId,
): Promise<Member> {
  const known = context.members.filter((member) => member.known(name) !== undefined);
  const held = known.find((member) => member.known(name)?.holders.some(({ id }) => id === holder));
  if (held !== undefined) return held;
  const [first, second] = known;
  if (second === undefined && first?.known(name)?.mountpoint !== undefined) return first;
  const owner = onlyOwner(context, name, await askMembers(context, name, 'one'));
  if (owner !== undefined) return owner;
  throw await context.missing(name);
}

/**
 * Unmounts in every member, since a Mount may still be under way there. A member without this holder does nothing. Never rejects.
 */
export function unmountInMembers(context: JointContext, name: VolumeName, id: MountId): Promise<void> {
  const holder = holderThrough(context, id);
  const begun = context.queue.run(name, async () => ({
    unmounted: Promise.all(context.members.map((member) => member.unmount(name, holder))),
  }));
  return unmountInTime(
    context,
    name,
    id,
    begun.then(({ unmounted }) => unmounted),
  );
}
