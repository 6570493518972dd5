import { parseDriverName } from '../../core/names.ts';
import type { JointConfiguration } from '../configuration.ts';
import { issueProblems, readOnce } from '../explain-issue.ts';
import { type Places, type Problem, suggestion, valueProblem } from '../problem.ts';
import { jointSchema, ruleSchema } from '../schema/joint.ts';
import { isTree, type KeyPath, type Tree } from '../tree.ts';
import { type CheckedDriver, nameProblems } from './driver.ts';

export interface JointDriverParts {
  readonly name: string;
  readonly tree: unknown;
  /** All that are configured, by name. */
  readonly drivers: Tree;
  readonly places: Places;
}

/** Whether it has keys of a joint driver, and none that makes it another. */
export function isJoint(driver: unknown): boolean {
  if (!isTree(driver) || driver.backend !== undefined) return false;
  return Object.keys(jointSchema.shape).some((key) => Object.hasOwn(driver, key));
}

export function checkJoint(parts: JointDriverParts): CheckedDriver {
  const checked = checkKeys(parts);
  const problems = [...nameProblems(parts), ...checked.problems];
  return problems.length > 0 ? { problems } : checked;
}

function checkKeys(parts: JointDriverParts): CheckedDriver {
  const base = ['drivers', parts.name];
  const shape = jointSchema.safeParse(parts.tree, readOnce);
  if (!shape.success) {
    const problems = shape.error.issues.flatMap(({ path: [list, index, ...path], ...issue }) =>
      list === 'rules' && typeof index === 'number'
        ? issueProblems([{ ...issue, path }], ruleSchema, parts.places, [...base, list, index])
        : issueProblems(
            [{ ...issue, path: list === undefined ? [] : [list] }],
            jointSchema,
            parts.places,
            base,
          ),
    );
    return { problems };
  }
  const { members, rules, default: placed } = shape.data;
  const problems = [
    ...members.flatMap((member, index) => memberProblems(parts, members, member, index)),
    ...rules.flatMap((rule, index) => [
      ...choiceProblems(parts, members, rule.member, ['rules', index, 'member']),
      ...repeatedRule(parts, rules, index),
    ]),
    ...(placed === undefined ? [] : choiceProblems(parts, members, placed, ['default'])),
  ];
  return problems.length > 0 ? { problems } : { joint: configurationOf(shape.data), problems };
}

type Shape = ReturnType<typeof jointSchema.parse>;

function configurationOf({ members, rules, default: placed }: Shape): JointConfiguration {
  return {
    members: members.map(parseDriverName),
    rules: rules.map(({ match, member }) => ({ match, member: parseDriverName(member) })),
    ...(placed === undefined ? {} : { defaultMember: parseDriverName(placed) }),
  };
}

function memberProblems(
  { name, drivers, places }: JointDriverParts,
  members: readonly string[],
  member: string,
  index: number,
): readonly Problem[] {
  const wrong = (message: string) => [valueProblem(places, ['drivers', name, 'members', index], message)];
  if (member === name) return wrong('is this driver itself: name others');
  if (!Object.hasOwn(drivers, member)) {
    const others = Object.keys(drivers).filter((other) => other !== name && !isJoint(drivers[other]));
    return wrong(`there is no driver ${shown(member)}; ${suggestion(member, others)}`);
  }
  if (isJoint(drivers[member])) return wrong(`the driver ${shown(member)} has members itself: name those`);
  if (members.indexOf(member) < index) return wrong(`${shown(member)} is listed twice: keep one`);
  return [];
}

/** For a rule or the default, which choose among the members. */
function choiceProblems(
  { name, places }: JointDriverParts,
  members: readonly string[],
  chosen: string,
  key: KeyPath,
): readonly Problem[] {
  if (members.includes(chosen)) return [];
  const message = `${shown(chosen)} is not among the members; ${suggestion(chosen, members)}`;
  return [valueProblem(places, ['drivers', name, ...key], message)];
}

function repeatedRule(
  { name, places }: JointDriverParts,
  rules: Shape['rules'],
  index: number,
): readonly Problem[] {
  const first = rules.findIndex(({ match }) => match === rules[index]?.match);
  if (first === index) return [];
  const message = `the rule before it with the same \`match\` (rules[${first}]) always wins: keep one`;
  return [valueProblem(places, ['drivers', name, 'rules', index, 'match'], message)];
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 60));
}
