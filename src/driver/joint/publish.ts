import type { VolumeName } from '../../core/names.ts';
import { joined } from '../in-time.ts';
import { holderAt, parsePublishedPath } from '../places/path.ts';
import type { Place } from '../volume-driver.ts';
import type { JointContext } from './context.ts';
import { memberToMount } from './mount.ts';

/** As a Mount: queued only until the member has the call. */
export async function publishInMember(
  context: JointContext,
  name: VolumeName,
  { path: given, ...how }: Place,
): Promise<void> {
  const path = parsePublishedPath(given);
  const begun = context.queue.run(name, async () => {
    const member = await memberToMount(context, name, holderAt(path));
    return { published: member.publish(name, { path, ...how }) };
  });
  const work = begun.then(({ published }) => published);
  await joined(name, 'mounted', context.timings.longDeadline, work);
}

/** In the member that has it there, or in every one, since a call may still be under way. */
export async function unpublishInMembers(
  context: JointContext,
  name: VolumeName,
  given: string,
): Promise<void> {
  const path = parsePublishedPath(given);
  const begun = context.queue.run(name, async () => {
    const isThere = (member: (typeof context.members)[number]) =>
      member.known(name)?.holders.some(({ id }) => id === holderAt(path)) === true;
    const having = context.members.filter(isThere);
    const asked = having.length > 0 ? having : context.members;
    return { unpublished: Promise.all(asked.map((member) => member.unpublish(name, path))) };
  });
  const work = begun.then(({ unpublished }) => unpublished);
  await joined(name, 'unmounted', context.timings.callDeadline, work);
}
