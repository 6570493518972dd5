import { configurationChanges } from '../../config/changes.ts';
import type { Configuration, DriverConfiguration, JointConfiguration } from '../../config/configuration.ts';
import type { DriverName } from '../../core/names.ts';
import { overlap } from '../../core/paths.ts';
import { asVolumeError, VolumeError } from '../../core/volume-error.ts';
import { volumeWords } from '../../driver/slot/not-changed.ts';
import type { JointSet } from './joint-set.ts';
import type { DriverSlot } from './slot.ts';

/** What a running daemon took up of a changed configuration. */
export interface Taken {
  readonly added: readonly DriverName[];
  readonly changed: readonly DriverName[];
  readonly removed: readonly DriverName[];
  /** What continues as it was, each with the reason. */
  readonly refused: readonly { readonly driver: DriverName; readonly error: VolumeError }[];
}

interface TakeUpParts {
  current(): Configuration;
  /** From now on, these drivers are in force. */
  follow(configuration: Configuration): void;
  readonly slots: ReadonlyMap<DriverName, DriverSlot>;
  readonly joints: Pick<JointSet, 'follow'>;
  open(name: DriverName, configured: DriverConfiguration): Promise<void>;
  /** Both reject with the reason if the driver continues as it was. */
  change(name: DriverName, configured: DriverConfiguration): Promise<void>;
  remove(name: DriverName): Promise<void>;
}

type Drivers = Configuration['drivers'];
type Joints = Configuration['joints'];

/**
 * Takes up the drivers that were added, changed or removed. A driver that cannot be taken up is refused with the reason and continues
 * as it was; the others are taken up. Volumes of drivers that have not changed are not touched.
 */
export async function takeUp(after: Configuration, parts: TakeUpParts): Promise<Taken> {
  const before = parts.current();
  const { drivers, joints } = configurationChanges(before, after);
  const { attempt, refused } = createAttempts();
  for (const name of [...joints.changed, ...joints.removed]) {
    const lost = lostMembers(before.joints.get(name), after.joints.get(name));
    await attempt(name, () => requireUnheld(name, lost, parts.slots));
  }
  const kept = [...before.joints].filter(([name]) => refused.has(name));
  const inForce = new Map(before.drivers);
  for (const name of drivers.removed) {
    await attempt(name, async () => {
      requireNoMember(name, kept);
      await parts.remove(name);
      inForce.delete(name);
    });
  }
  await putInOrder([...drivers.changed, ...drivers.added], after.drivers, inForce, (name, configured) =>
    attempt(name, async () => {
      requireOwnDirectory(name, configured, inForce);
      await (before.drivers.has(name) ? parts.change(name, configured) : parts.open(name, configured));
      inForce.set(name, configured);
    }),
  );
  for (const name of [...joints.added, ...joints.changed])
    await attempt(name, () => requireMembers(name, after.joints.get(name), inForce));
  parts.follow({ ...after, drivers: inForce, joints: jointsInForce(before.joints, after.joints, refused) });
  parts.joints.follow();
  const taken = (names: readonly DriverName[]) => names.filter((name) => !refused.has(name));
  return {
    added: taken([...drivers.added, ...joints.added]),
    changed: taken([...drivers.changed, ...joints.changed]),
    removed: taken([...drivers.removed, ...joints.removed]),
    refused: Array.from(refused, ([driver, error]) => ({ driver, error })),
  };
}

function createAttempts() {
  const refused = new Map<DriverName, VolumeError>();
  return {
    refused,
    async attempt(name: DriverName, work: () => Promise<void> | void): Promise<void> {
      if (refused.has(name)) return;
      try {
        await work();
      } catch (error) {
        refused.set(name, asVolumeError(error, `Driver ${name} could not be taken up`));
      }
    },
  };
}

/** One that needs the directory of another waits until that one has moved away. */
async function putInOrder(
  names: readonly DriverName[],
  drivers: Drivers,
  inForce: Drivers,
  put: (name: DriverName, configured: DriverConfiguration) => Promise<void>,
): Promise<void> {
  let waiting = names.flatMap((name) => {
    const configured = drivers.get(name);
    return configured === undefined ? [] : [{ name, configured }];
  });
  while (waiting.length > 0) {
    const free = waiting.filter(({ name, configured }) => inTheWay(name, configured, inForce) === undefined);
    // Those that wait for each other are refused.
    const next = free.length > 0 ? free : waiting;
    await Promise.all(next.map(({ name, configured }) => put(name, configured)));
    waiting = waiting.filter((one) => !next.includes(one));
  }
}

/** The driver that has, or overlaps, the directory that this one would have. */
function inTheWay(
  name: DriverName,
  { settings }: DriverConfiguration,
  inForce: Drivers,
): DriverName | undefined {
  const own = settings.needs.directory?.path;
  if (own === undefined) return undefined;
  return [...inForce].find(([other, { settings: theirs }]) => {
    const path = theirs.needs.directory?.path;
    return other !== name && path !== undefined && overlap(own, path);
  })?.[0];
}

function requireOwnDirectory(name: DriverName, configured: DriverConfiguration, inForce: Drivers): void {
  const other = inTheWay(name, configured, inForce);
  if (other === undefined) return;
  throw new VolumeError(
    'conflict',
    `Driver ${name} was not taken up: driver ${other} still works in its ${configured.settings.needs.directory?.setting}. Give one of them another directory, or restart Holdfast.`,
  );
}

function lostMembers(
  before: JointConfiguration | undefined,
  after: JointConfiguration | undefined,
): readonly DriverName[] {
  return before?.members.filter((member) => after?.members.includes(member) !== true) ?? [];
}

/** Their Unmounts would reach nobody: which of the holders came through the joint driver is not known. */
function requireUnheld(
  name: DriverName,
  lost: readonly DriverName[],
  slots: ReadonlyMap<DriverName, DriverSlot>,
): void {
  for (const member of lost) {
    const held = slots.get(member)?.driver.behind?.held() ?? [];
    if (held.length === 0) continue;
    throw new VolumeError(
      'in-use',
      `Driver ${name} continues as it was: it would lose its member ${member}, ${volumeWords(held)} held on this host. Stop their containers, then reload again.`,
    );
  }
}

function requireNoMember(
  name: DriverName,
  kept: readonly (readonly [DriverName, JointConfiguration])[],
): void {
  const [joint] = kept.find(([, { members }]) => members.includes(name)) ?? [];
  if (joint === undefined) return;
  const message = `Driver ${name} continues as it was: it is a member of driver ${joint}, which continues as well.`;
  throw new VolumeError('conflict', message);
}

function requireMembers(name: DriverName, joint: JointConfiguration | undefined, inForce: Drivers): void {
  const missing = joint?.members.find((member) => !inForce.has(member));
  if (missing === undefined) return;
  const message = `Driver ${name} was not taken up, because its member ${missing} was not.`;
  throw new VolumeError('conflict', message);
}

function jointsInForce(before: Joints, after: Joints, refused: ReadonlyMap<DriverName, unknown>): Joints {
  const kept = [...before].filter(([name]) => refused.has(name));
  return new Map([...[...after].filter(([name]) => !refused.has(name)), ...kept]);
}
