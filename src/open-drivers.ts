import type { Audit, BackendDefinition } from './backends/backend.ts';
import { backends } from './backends/index.ts';
import type { Configuration, DriverConfiguration, JointConfiguration } from './config/configuration.ts';
import type { Log } from './core/log.ts';
import type { DriverName } from './core/names.ts';
import { VolumeError } from './core/volume-error.ts';
import type { Witness } from './core/witness.ts';
import { createAbsentMember } from './driver/absent-member.ts';
import { createJointDriver, type JointDriver } from './driver/joint-driver.ts';
import { type OpenDriver, openDriver } from './driver/open-driver.ts';
import { usualTimings } from './driver/timings.ts';
import type { VolumeDriver } from './driver/volume-driver.ts';
import type { Host } from './host/host.ts';

export interface OpeningParts {
  readonly configuration: Configuration;
  readonly log: Log;
  readonly audit: Audit;
}

/** What the drivers of a machine share. */
export interface Surroundings {
  readonly host: Host;
  readonly witnesses: ReadonlyMap<string, Witness>;
}

export interface OpenDrivers {
  /** Those with storage of their own, then the joint ones. */
  readonly drivers: ReadonlyMap<DriverName, VolumeDriver>;
  /** Lets calls under way finish, and takes down what nobody holds. */
  close(): Promise<void>;
}

/** A driver that cannot be opened is reported and stops no other; none at all is an error. */
export async function openDrivers(parts: OpeningParts, around: Surroundings): Promise<OpenDrivers> {
  const opened = new Map<DriverName, OpenDriver>();
  const failures = new Map<DriverName, unknown>();
  // All at once: one whose storage does not answer keeps none of the others waiting.
  const opening = [...parts.configuration.drivers].map(async ([name, configured]) => {
    try {
      const driver = await openConfigured(name, configured, parts, around);
      await driver.start();
      opened.set(name, driver);
    } catch (error) {
      failures.set(name, error);
      parts.log.write('error', 'driver-failed', { driver: name, error });
    }
  });
  await Promise.all(opening);
  if (opened.size === 0) {
    throw new VolumeError('failed', 'No driver could be started: the reasons are in the log.', {
      cause: [...failures.values()].at(-1),
    });
  }
  const joints = openJoints(parts, opened, failures);
  return {
    drivers: new Map<DriverName, VolumeDriver>([...opened, ...joints]),
    async close() {
      await Promise.all([...joints.values()].map((joint) => joint.close()));
      await Promise.all([...opened.values()].map((driver) => driver.release()));
      await Promise.all([...opened.values()].map((driver) => driver.close()));
    },
  };
}

export async function openConfigured(
  name: DriverName,
  configured: DriverConfiguration,
  { configuration, log, audit }: OpeningParts,
  { host, witnesses }: Surroundings,
): Promise<OpenDriver> {
  const { settings, defaults, profiles } = configured;
  const definition = await backendNamed(configured.backend);
  // Below the mount root, which is shared: an unmount there reaches the copies that other namespaces inherited.
  const workDir = `${configuration.mountRoot}/.shares/${name}`;
  const inputs = { driver: name, settings, defaults, profiles };
  return openDriver({
    name,
    backendName: configured.backend,
    backend: definition.create({ ...inputs, host, workDir, witnesses, log, audit }),
    host,
    log,
    audit,
    mountRoot: `${configuration.mountRoot}/${name}`,
    stateDir: `${configuration.stateDir}/${name}`,
    runtimeDir: `${configuration.runtimeDir}/${name}`,
    timings: { ...usualTimings, grace: configuration.grace },
  });
}

async function backendNamed(name: string): Promise<BackendDefinition> {
  const definition = await backends[name]?.();
  if (definition) return definition;
  throw new VolumeError('invalid', `There is no backend ${name}.`);
}

type Opened = ReadonlyMap<DriverName, OpenDriver>;

/** One with no member at all would refuse every call: it is not opened. */
function openJoints(
  parts: OpeningParts,
  opened: Opened,
  failures: ReadonlyMap<DriverName, unknown>,
): ReadonlyMap<DriverName, JointDriver> {
  const joints = new Map<DriverName, JointDriver>();
  for (const [name, configured] of parts.configuration.joints) {
    const missing = configured.members.filter((member) => !opened.has(member));
    if (missing.length === configured.members.length) {
      const error = new VolumeError('failed', `No member of driver ${name} could be started.`);
      parts.log.write('error', 'driver-failed', { driver: name, error });
      continue;
    }
    for (const member of missing) parts.log.write('error', 'member-missing', { driver: name, member });
    joints.set(name, openJoint(name, configured, parts, opened, failures));
  }
  return joints;
}

function openJoint(
  name: DriverName,
  { members, rules, defaultMember }: JointConfiguration,
  { configuration, log }: OpeningParts,
  opened: Opened,
  failures: ReadonlyMap<DriverName, unknown>,
): JointDriver {
  const backendOf = (member: DriverName): string => configuration.drivers.get(member)?.backend ?? '';
  return createJointDriver({
    name,
    members: members.map(
      (member) => opened.get(member) ?? createAbsentMember(member, backendOf(member), failures.get(member)),
    ),
    rules,
    defaultMember,
    log,
    timings: usualTimings,
  });
}
