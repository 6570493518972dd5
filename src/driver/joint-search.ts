import type { DriverName, VolumeName } from '../core/names.ts';
import { asVolumeError, VolumeError } from '../core/volume-error.ts';
import type { JointContext } from './joint-context.ts';
import type { Member, Patience } from './member.ts';

/** What the members say of a name. */
export interface Answers {
  readonly having: readonly Member[];
  /** Those that neither have it in memory nor could ask their storage. */
  readonly silent: readonly SilentMember[];
}

export interface SilentMember {
  readonly member: Member;
  readonly error: VolumeError;
}

/** All at once, so that the slowest alone counts. One whose storage is silent is taken at its memory's word that it has the volume. */
export async function askMembers(
  { members }: JointContext,
  name: VolumeName,
  patience: Patience,
): Promise<Answers> {
  const having: Member[] = [];
  const silent: SilentMember[] = [];
  const asking = members.map(async (member) => {
    try {
      if ((await member.lookup(name, patience)) !== undefined) having.push(member);
    } catch (thrown) {
      if (member.known(name) !== undefined) having.push(member);
      else silent.push({ member, error: asVolumeError(thrown, `Driver ${member.name} failed`) });
    }
  });
  await Promise.all(asking);
  return { having: members.filter((member) => having.includes(member)), silent };
}

/** Waits long only where no member knows of the volume: then the answer decides whether there is one. */
export function usualPatience(context: JointContext, name: VolumeName): Patience {
  return context.members.some((member) => member.known(name) !== undefined) ? 'short' : 'long';
}

/** Undefined: all of them say that they have none. Throws `conflict` for several, and `unavailable` where that is not known. */
export function onlyOwner(
  context: JointContext,
  name: VolumeName,
  { having, silent }: Answers,
): Member | undefined {
  const [owner, ...others] = having;
  if (others.length > 0) throw ambiguous(context, name, namesOf(having));
  if (owner === undefined && silent.length > 0) throw unsaid(context, name, silent);
  return owner;
}

function ambiguous(
  { name: driver }: JointContext,
  name: VolumeName,
  having: readonly DriverName[],
): VolumeError {
  return new VolumeError(
    'conflict',
    `Volume ${name} exists in the members ${listed(having)} of driver ${driver}, and nothing tells which one is meant: remove one through its own driver, such as with \`holdfast volume rm --driver ${having.at(-1)} ${name}\`, or use each through its own.`,
  );
}

function unsaid(
  { name: driver }: JointContext,
  name: VolumeName,
  silent: readonly SilentMember[],
): VolumeError {
  return new VolumeError(
    'unavailable',
    `Whether volume ${name} exists in driver ${driver} cannot be told now: its member ${reasonsOf(silent)} Try again when it answers.`,
    { cause: silent[0]?.error },
  );
}

export function namesOf(members: readonly Member[]): readonly DriverName[] {
  return members.map(({ name }) => name);
}

/** "gold and shared" */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** "gold does not say (The server is down.)." */
export function reasonsOf(silent: readonly SilentMember[]): string {
  return `${silent.map(({ member, error }) => `${member.name} does not say (${error.message})`).join(', and member ')}.`;
}
