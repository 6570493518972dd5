import { compareOrder, type Entry } from './entry.ts';

/** An entry of one or both of two trees, in their order. */
export interface Pair {
  readonly left: Entry | undefined;
  readonly right: Entry | undefined;
}

/** Goes through two trees in step. Neither is ever held in memory. */
export function* inStep(left: Iterator<Entry>, right: Iterator<Entry>): Generator<Pair> {
  const next = (of: Iterator<Entry>): Entry | undefined => {
    const step = of.next();
    return step.done ? undefined : step.value;
  };
  let [one, other] = [next(left), next(right)];
  while (one !== undefined || other !== undefined) {
    const order = one === undefined ? 1 : other === undefined ? -1 : compareOrder(one.p, other.p);
    yield { left: order <= 0 ? one : undefined, right: order >= 0 ? other : undefined };
    if (order <= 0) one = next(left);
    if (order >= 0) other = next(right);
  }
}
