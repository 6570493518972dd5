import { listed } from '../../core/listed.ts';
import { ruleFor } from '../../core/name-rule.ts';
import { quote, type VolumeName } from '../../core/names.ts';
import { suggestion } from '../../core/nearest.ts';
import { parseSourceName } from '../../core/protect/snapshot.ts';
import type { Options } from '../../core/volume.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { PrepareSource } from '../volume-driver.ts';
import type { JointContext } from './context.ts';
import type { Member } from './member.ts';
import { askMembers, namesOf, onlyOwner } from './search.ts';

/** An option of joint drivers alone: no backend has one of this name. As in all options, case does not count. */
const memberOption = 'member';

/**
 * The member of an existing volume compares the options. A new volume is made only if every member says that the name is free.
 */
export async function createInMember(
  context: JointContext,
  name: VolumeName,
  options: Options,
  prepare?: PrepareSource,
): Promise<void> {
  const { member, rest } = await memberToCreate(context, name, options);
  await member.create(name, rest, prepare);
}

/** The member, and the options that are for it. */
export async function memberToCreate(
  context: JointContext,
  name: VolumeName,
  options: Options,
): Promise<{ readonly member: Member; readonly rest: Options }> {
  const { asked, rest } = splitOptions(context, name, options);
  const answers = await askMembers(context, name, 'one');
  const owner = onlyOwner(context, name, answers);
  if (owner !== undefined && asked !== undefined && asked !== owner) {
    throw new VolumeError(
      'conflict',
      `Volume ${name} exists in member ${owner.name} of driver ${context.name}, not in ${asked.name}: leave the option ${memberOption} out, use another name, or remove it first.`,
    );
  }
  return { member: owner ?? asked ?? (await sourceOwner(context, rest)) ?? placeFor(context, name), rest };
}

/** A copy is made where its source is. Undefined if it is not one, or no member has the source. */
async function sourceOwner(context: JointContext, options: Options): Promise<Member | undefined> {
  const from = Object.entries(options).find(([key]) => key.toLowerCase() === 'from')?.[1];
  if (from === undefined) return undefined;
  const { volume } = parseSourceName(from);
  return onlyOwner(context, volume, await askMembers(context, volume, 'one'));
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
  const hint = suggestion(asked, names, `The members are ${listed(names)}.`);
  throw new VolumeError('invalid', `Volume ${name}: driver ${driver} has no member ${quote(asked)}. ${hint}`);
}

function placeFor(context: JointContext, name: VolumeName): Member {
  const placed = ruleFor(name, context.rules)?.member ?? context.defaultMember;
  const member = context.members.find((candidate) => candidate.name === placed);
  if (member !== undefined) return member;
  throw new VolumeError(
    'invalid',
    `Volume ${name}: no member of driver ${context.name} is selected: give the option \`${memberOption}=NAME\` (${listed(namesOf(context.members))}), or configure a rule that matches the name, or a \`default\`.`,
  );
}
