import { setImmediate as otherWork } from 'node:timers/promises';

/** Fewer than take a noticeable time, whatever is done with each. */
const usualSlice = 250;

/** Visits any number of things in order. Between two slices of them, other work has its turn. */
export async function visitInTurns<T>(
  all: Iterable<T>,
  visit: (one: T) => void,
  slice = usualSlice,
): Promise<void> {
  let visited = 0;
  for (const one of all) {
    visit(one);
    visited += 1;
    if (visited % slice === 0) await otherWork();
  }
}
