import { afterPatience } from '../../core/waits/patience.ts';

/** Milliseconds to wait for other servers once one has answered, so that a server that is off does not slow down every look. */
const grace = 2_000;

/** Does the work with a signal that aborts with `signal`, or `grace` after `began()`. */
export async function untilGrace<T>(
  signal: AbortSignal,
  work: (patience: AbortSignal, began: () => void) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  let end: (() => void) | undefined;
  try {
    return await work(AbortSignal.any([signal, over.signal]), () => {
      end ??= afterPatience(grace, () => over.abort());
    });
  } finally {
    end?.();
  }
}
