import { ruleFor } from '../core/name-rule.ts';
import { quote, type VolumeName } from '../core/names.ts';
import { nearest } from '../core/nearest.ts';
import type { Options } from '../core/volume.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { JointContext } from './joint-context.ts';
import { askMembers, listed, namesOf, onlyOwner, usualPatience } from './joint-search.ts';
import type { Member } from './member.ts';

/** Of a joint driver alone; no backend has one of this name. Upper and lower case are alike, as in all options. */
const memberOption = 'member';

/** A volume that exists is its member's to compare; a new one is made only when every member says that it has none. */
export async function createInMember(
  context: JointContext,
  name: VolumeName,
  options: Options,
): Promise<void> {
  const { asked, rest } = splitOptions(context, name, options);
  const answers = await askMembers(context, name, usualPatience(context, name));
  const owner = onlyOwner(context, name, answers);
  if (owner !== undefined && asked !== undefined && asked !== owner) {
    throw new VolumeError(
      'conflict',
      `Volume ${name} exists in member ${owner.name} of driver ${context.name}, not in ${asked.name}: leave the option ${memberOption} out, use another name, or remove it first.`,
    );
  }
  const member = owner ?? asked ?? placeFor(context, name);
  await member.create(name, rest);
}

function splitOptions(
  context: JointContext,
  name: VolumeName,
  options: Options,
): { readonly asked: Member | undefined; readonly rest: Options } {
  const entries = Object.entries(options);
  const given = entries.filter(([key]) => isMemberOption(key));
  const rest = Object.fromEntries(entries.filter(([key]) => !isMemberOption(key)));
  const [first, second] = given;
  if (second !== undefined) {
    throw new VolumeError('invalid', `Volume ${name}: the option ${memberOption} is given twice.`);
  }
  return { asked: first && memberNamed(context, name, first[1]), rest };
}

function isMemberOption(key: string): boolean {
  return key.toLowerCase() === memberOption;
}

function memberNamed({ name: driver, members }: JointContext, name: VolumeName, asked: string): Member {
  const member = members.find((candidate) => candidate.name === asked);
  if (member !== undefined) return member;
  const names = namesOf(members);
  const near = nearest(asked, names);
  const hint = near === undefined ? `The members are ${listed(names)}.` : `Did you mean ${near}?`;
  throw new VolumeError('invalid', `Volume ${name}: driver ${driver} has no member ${quote(asked)}. ${hint}`);
}

function placeFor(context: JointContext, name: VolumeName): Member {
  const placed = ruleFor(name, context.rules)?.member ?? context.defaultMember;
  const member = context.members.find((candidate) => candidate.name === placed);
  if (member !== undefined) return member;
  throw new VolumeError(
    'invalid',
    `Volume ${name}: nothing says in which member of driver ${context.name} to make it, ${listed(namesOf(context.members))}: give \`-o ${memberOption}=NAME\`, or configure a rule that its name matches or a \`default\`.`,
  );
}
