import type { Pace } from '../../host/host.ts';

/**
 * Bytes: what the description reads is still in memory when restic comes to it. With a GiB, a third of a tree was read again on a busy
 * machine. restic tells once in a second how far it is, and seldom reads more in that time.
 */
const lead = 256 * 2 ** 20;

/** Keeps the description of a tree close to restic, which reads the same files in the same order. */
export interface ResticPace extends Pace {
  /** restic has read so many bytes. */
  follow(bytes: number): void;
  /** restic has ended. */
  end(): void;
}

export function createPace(): ResticPace {
  let limit = lead;
  let tell: () => void = () => undefined;
  const grow = (to: number) => {
    if (to <= limit) return;
    limit = to;
    tell();
  };
  return {
    limit: () => limit,
    onGrowth: (told) => {
      tell = told;
    },
    follow: (bytes) => grow(bytes + lead),
    end: () => grow(Number.POSITIVE_INFINITY),
  };
}
