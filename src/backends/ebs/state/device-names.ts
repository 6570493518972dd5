import { VolumeError } from '../../../core/volume-error.ts';

/** Chooses the device name that an EBS volume is attached under. Each name is in use by one volume at a time. */
export interface DeviceNames {
  /**
   * A name that none of the `used` has, in any spelling (`/dev/sdba`, `/dev/xvdba`), reserved until it is released. Throws
   * `unavailable` if all are in use.
   */
  take(used: readonly string[]): DeviceLease;
}

interface DeviceLease {
  /** Such as `/dev/xvdba`. */
  readonly name: string;
  /** The attach under this name failed: for an hour it is chosen last. */
  failed(): void;
  release(): void;
}

const letters = [...'abcdefghijklmnopqrstuvwxyz'];
/**
 * `/dev/xvdba` … `/dev/xvdcz`: EC2 allows them on all of today's instances ("Device names for volumes on Amazon EC2
 * instances"), and no image uses them for its own disks.
 */
export const deviceNames: readonly string[] = ['b', 'c'].flatMap((first) =>
  letters.map((second) => `/dev/xvd${first}${second}`),
);

/** Milliseconds. */
const hour = 3_600_000;

/**
 * Uses the names in rotation: on Xen, the guest may keep a name for a while after EC2 has released it. `now` is in
 * milliseconds.
 */
export function createDeviceNames(now: () => number): DeviceNames {
  const held = new Set<string>();
  /** When an attach under a name failed. */
  const failures = new Map<string, number>();
  let next = 0;

  function choose(used: readonly string[]): string | undefined {
    const taken = new Set(used.map(placeOf));
    const inTurn = [...deviceNames.slice(next), ...deviceNames.slice(0, next)];
    const free = inTurn.filter((name) => !held.has(name) && !taken.has(placeOf(name)));
    const failedAt = (name: string) => failures.get(name) ?? Number.NEGATIVE_INFINITY;
    const good = free.find((name) => now() - failedAt(name) >= hour);
    return good ?? free.sort((a, b) => failedAt(a) - failedAt(b))[0];
  }

  return {
    take(used) {
      const name = choose(used);
      if (name === undefined) throw noneLeft(used);
      held.add(name);
      next = (deviceNames.indexOf(name) + 1) % deviceNames.length;
      return {
        name,
        failed: () => void failures.set(name, now()),
        release: () => void held.delete(name),
      };
    },
  };
}

/** `/dev/sdf`, `/dev/xvdf` and `xvdf` are the same name. */
function placeOf(name: string): string {
  return name.replace(/^(?:\/dev\/)?(?:xvd|sd|hd)/, '');
}

function noneLeft(used: readonly string[]): VolumeError {
  return new VolumeError(
    'unavailable',
    `All ${deviceNames.length} device names from ${deviceNames[0]} to ${deviceNames.at(-1)} are in use on this instance (${used.length} volumes): unmount a volume here, or use another host.`,
  );
}
