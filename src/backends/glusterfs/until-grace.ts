/** Milliseconds that the others have once one has answered, so that a server that is off does not slow down every look. */
const grace = 2_000;

/** Does the work with a signal that is up with the given one, or when the grace is over that `began` begins. */
export async function untilGrace<T>(
  signal: AbortSignal,
  work: (patience: AbortSignal, began: () => void) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  try {
    return await work(AbortSignal.any([signal, over.signal]), () => {
      timer ??= setTimeout(() => over.abort(), grace);
    });
  } finally {
    clearTimeout(timer);
  }
}
