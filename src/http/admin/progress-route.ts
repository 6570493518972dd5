import type { LongWork } from '../../core/waits/progress.ts';
import { calls } from './protocol.ts';
import { type AdminRoute, route } from './route.ts';

interface WorkUnderWay extends LongWork {
  readonly done?: LongWork['total'];
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** From memory. `unlisted`: how many more there are. */
export type ReadProgress = () => { readonly works: readonly WorkUnderWay[]; readonly unlisted: number };

export function progressRoute(read: ReadProgress): AdminRoute {
  return route(calls.progress, async () => {
    const { works, unlisted } = read();
    return {
      underWay: works.map(({ what, driver, volume, total, done, since }) => ({
        what,
        driver,
        volume,
        since: new Date(since).toISOString(),
        ...(done === undefined ? {} : { done }),
        ...(total === undefined ? {} : { total }),
      })),
      unlisted,
    };
  });
}
