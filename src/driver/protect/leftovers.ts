import type { DriverContext } from '../context.ts';
import { clearAside } from './aside.ts';
import { clearFill } from './fill.ts';

/** Cleans up after interrupted reads and fills, in each volume's queue. A failure is logged, and the next start tries again. */
export async function clearLeftovers(context: DriverContext): Promise<void> {
  const { intents, queue, log, name: driver } = context;
  const clear = intents
    .leftovers()
    .map((intent) =>
      queue
        .run(intent.volume, () =>
          intent.kind === 'aside' ? clearAside(context, intent) : clearFill(context, intent),
        )
        .catch((error) => log.write('error', 'recovery-failed', { driver, volume: intent.volume, error })),
    );
  await Promise.all(clear);
}
