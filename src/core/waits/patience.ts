const slices = 10;

/**
 * Calls `onEnd` after this many milliseconds. Returns a function that ends the waiting. A time in which this process stood
 * still, as on a busy or suspended host, counts for a tenth at most: the answer may have been there all the time.
 */
export function afterPatience(milliseconds: number, onEnd: () => void): () => void {
  let left = slices;
  let timer: NodeJS.Timeout;
  const wait = () => {
    timer = setTimeout(() => {
      left -= 1;
      if (left === 0) onEnd();
      else wait();
    }, milliseconds / slices);
    timer.unref();
  };
  wait();
  return () => clearTimeout(timer);
}

/** Does the work with a signal that is aborted after this many milliseconds, counted in the same way. */
export async function withPatience<T>(
  milliseconds: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const end = afterPatience(milliseconds, () => over.abort());
  try {
    return await work(over.signal);
  } finally {
    end();
  }
}
