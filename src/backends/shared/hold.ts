/**
 * How much of a removed volume's retention is left, as far as that was observed. The time of day proves nothing: a host may boot with
 * a clock that is years ahead or behind, and every host and server has its own. So only time counts that the kernel measured
 * since a boot (`Host.uptime`), or that a daemon saw pass.
 */
export interface Hold {
  /** Milliseconds that were left at that moment. */
  readonly left: number;
  /** The kernel's boot ID. */
  readonly boot: string;
  /** Milliseconds since that boot. */
  readonly uptime: number;
}

export interface Uptime {
  readonly boot: string;
  readonly uptime: number;
}

export interface Holds {
  begin(left: number): Hold;
  /**
   * Milliseconds left now, never less than 0. `removal` identifies one removal. If the hold was noted in another boot or by another
   * host, the time counts from the first call here.
   */
  left(removal: string, hold: Hold): number;
  /** Whether the hold should be recorded again, so that a reboot does not restart it. */
  isStale(hold: Hold, left: number): boolean;
  /** True at the first call for a removal, so that a doubt is reported once. */
  tellOnce(removal: string): boolean;
}

/** Milliseconds; at most one write an hour, and eight in a retention of a day. */
const leastStep = 3_600_000;
const steps = 8;

export function createHolds(now: () => Uptime, retention: number): Holds {
  const firstSeen = new Map<string, { readonly left: number; readonly uptime: number }>();
  const told = new Set<string>();
  return {
    begin: (left) => ({ left, ...now() }),
    left(removal, hold) {
      const { boot, uptime } = now();
      const first = firstSeen.get(removal) ?? { left: hold.left, uptime };
      firstSeen.set(removal, first);
      // In a container, a boot may seem to start over.
      const inBoot = boot === hold.boot ? Math.max(0, uptime - hold.uptime) : 0;
      return Math.max(0, Math.min(hold.left - inBoot, first.left - (uptime - first.uptime)));
    },
    isStale: (hold, left) => left > 0 && hold.left - left >= Math.max(leastStep, retention / steps),
    tellOnce(removal) {
      if (told.has(removal)) return false;
      told.add(removal);
      return true;
    },
  };
}
