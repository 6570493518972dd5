import type { DriverContext } from '../context.ts';
import { within, withSignal } from '../deadline.ts';
import { requireOffered } from '../protect/offered.ts';

/** Takes part in no queue: it concerns no volume. */
export async function freeSpace({ backend, name, timings }: DriverContext): Promise<number> {
  const doing = `The free space of driver ${name} could not be measured`;
  const offered = requireOffered(backend.freeSpace, doing);
  const measured = withSignal(timings.callDeadline, (signal) => offered.measure(signal));
  return within(measured, timings.callDeadline, `${doing} in time: try again.`);
}
