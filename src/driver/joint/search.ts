import { listed } from '../../core/listed.ts';
import type { DriverName, VolumeName } from '../../core/names.ts';
import { asVolumeError, VolumeError } from '../../core/volume-error.ts';
import type { WayOut } from '../../core/way-out.ts';
import type { JointContext } from './context.ts';
import type { Member } from './member.ts';

/** The members' answers for a name. */
export interface Answers {
  readonly having: readonly Member[];
  /** Members whose storage did not answer, and whose memory does not have the volume. */
  readonly silent: readonly SilentMember[];
}

export interface SilentMember {
  readonly member: Member;
  readonly error: VolumeError;
}

/**
 * Asks all members at once. If a member's storage does not answer, its cache is trusted when that has the volume. `one`: only
 * the owner matters, so once one is found the others get a short wait; if none is found, their answers decide whether the
 * volume exists. `all`: waits for each.
 */
export async function askMembers(
  { members, timings }: Pick<JointContext, 'members' | 'timings'>,
  name: VolumeName,
  wanted: 'one' | 'all',
): Promise<Answers> {
  const having: Member[] = [];
  const silent: SilentMember[] = [];
  const isKnown = members.some((member) => member.known(name) !== undefined);
  const patience = wanted === 'one' && isKnown ? 'short' : 'long';
  const hurry = createHurry(timings.lookupDeadline);
  const asking = members.map(async (member) => {
    try {
      const found = await Promise.race([member.lookup(name, patience), hurry.over]);
      if (found === undefined) return;
      having.push(member);
      if (wanted === 'one') hurry.begin();
    } catch (thrown) {
      if (member.known(name) !== undefined) having.push(member);
      else silent.push({ member, error: asVolumeError(thrown, `Driver ${member.name} failed`) });
    }
  });
  await Promise.all(asking);
  return { having: members.filter((member) => having.includes(member)), silent };
}

/** `over` rejects this many milliseconds after `begin`. */
function createHurry(milliseconds: number): { begin(): void; readonly over: Promise<never> } {
  const begun = new AbortController();
  const over = new Promise<never>((_, reject) => {
    const late = new VolumeError('timeout', `Its storage has not answered within ${milliseconds / 1000} s.`);
    begun.signal.addEventListener('abort', () => setTimeout(() => reject(late), milliseconds).unref());
  });
  over.catch(() => undefined);
  return { begin: () => begun.abort(), over };
}

/**
 * The one member that has the volume; undefined if no member has it. Throws `conflict` if several have it, and `unavailable` if
 * a member is silent and none has it.
 */
export function onlyOwner(
  context: JointContext,
  name: VolumeName,
  { having, silent }: Answers,
): Member | undefined {
  const [owner, ...others] = having;
  if (others.length > 0) throw ambiguous(context, name, having);
  if (owner === undefined && silent.length > 0) throw unsaid(context, name, silent);
  return owner;
}

function ambiguous({ name: driver }: JointContext, name: VolumeName, having: readonly Member[]): VolumeError {
  const message = `Volume ${name} exists in the members ${listed(namesOf(having))} of driver ${driver}, and nothing tells which one is meant.`;
  const last = having
    .slice(-1)
    .map((member): WayOut => ({ act: 'remove', volume: name, driver: member.name }));
  return new VolumeError('conflict', message, {
    waysOut: ['use each through its own driver', ...last],
  });
}

function unsaid(
  { name: driver }: JointContext,
  name: VolumeName,
  silent: readonly SilentMember[],
): VolumeError {
  return new VolumeError(
    'unavailable',
    `Cannot tell whether volume ${name} exists in driver ${driver}: member ${reasonsOf(silent)} Try again when it answers.`,
    { cause: silent[0]?.error },
  );
}

export function namesOf(members: readonly Member[]): readonly DriverName[] {
  return members.map(({ name }) => name);
}

/** "gold does not answer (The server is down.)." */
export function reasonsOf(silent: readonly SilentMember[]): string {
  return `${silent.map(({ member, error }) => `${member.name} does not answer (${error.message})`).join(', and member ')}.`;
}
