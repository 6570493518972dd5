import { within } from '../deadline.ts';
import type { Foreseen, Intent } from '../volume-driver.ts';
import { holderThrough, type JointContext } from './context.ts';
import { memberToCreate } from './create.ts';
import { memberToMount } from './mount.ts';
import { soleOwner } from './protect.ts';
import { memberToRelease } from './release.ts';
import { memberToRemove } from './remove.ts';
import { chooseRemoved } from './removed.ts';

/** Asks the member that the call itself would go to. */
export function foreseeInMember(context: JointContext, intent: Intent): Promise<Foreseen> {
  const work = context.queue.run(intent.name, () => ask(context, intent));
  const late = `What would happen to volume ${intent.name} is not known yet: other work on it goes on. Try again.`;
  return within(work, context.timings.callDeadline, late);
}

async function ask(context: JointContext, intent: Intent): Promise<Foreseen> {
  const { name } = intent;
  if (intent.verb === 'create') {
    const { member, rest } = await memberToCreate(context, name, intent.options);
    return member.foresee({ ...intent, options: rest });
  }
  if (intent.verb === 'mount') {
    const id = holderThrough(context, intent.id);
    return (await memberToMount(context, name, id)).foresee({ ...intent, id });
  }
  if (intent.verb === 'unmount') {
    const id = holderThrough(context, intent.id);
    const each = await Promise.all(context.members.map((member) => member.foresee({ ...intent, id })));
    return { steps: each.flatMap(({ steps }) => steps) };
  }
  if (intent.verb === 'undelete') {
    const { member, removed } = await chooseRemoved(context, name, intent.id, intent.as);
    return member.foresee({ ...intent, id: removed.volume.id });
  }
  if (intent.verb === 'release') return (await memberToRelease(context, name)).foresee(intent);
  if (intent.verb === 'remove')
    return (await memberToRemove(context, name))?.foresee(intent) ?? { steps: [] };
  return (await soleOwner(context, name)).foresee(intent);
}
