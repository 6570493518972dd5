import { runInNewContext } from 'node:vm';

/** Milliseconds between two looks. */
const usualPace = 15_000;
/** The thread was busy if it worked for more than this part of the time between them. */
const busy = 0.1;

/** The part of the time since the last call in which this thread worked. */
export type WorkedPart = () => number;

/**
 * After many calls, V8 keeps the room for their young objects, and garbage that has grown old, until more calls need it. So the garbage is
 * collected once the daemon rests from work: it takes some 50 ms when nobody waits, and gives back up to 45 MB.
 */
export function collectAtRest(
  collect: () => unknown = collectGarbage,
  workedPart: WorkedPart = createWorkedPart(),
  pace = usualPace,
): void {
  let hasWorked = false;
  setInterval(() => {
    const isBusy = workedPart() > busy;
    if (hasWorked && !isBusy) collect();
    hasWorked = isBusy;
  }, pace).unref();
}

function createWorkedPart(): WorkedPart {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}

/**
 * Node shows V8's function only where a flag wants it, and pages that are not full are given back only if their objects move. The
 * flags do not stay: V8 takes compiled code only under the same flags.
 */
async function collectGarbage(): Promise<void> {
  const { setFlagsFromString } = await import('node:v8');
  setFlagsFromString('--expose-gc');
  setFlagsFromString('--compact-on-every-full-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
  setFlagsFromString('--no-compact-on-every-full-gc');
  setFlagsFromString('--no-expose-gc');
}
