import { loadKoffi } from './load-koffi.ts';

/** M_TRIM_THRESHOLD of malloc.h. */
const trimThreshold = -1;
/** With 256 KiB, memory came and went with each call: a Get took 1.7 times an empty handler, where it is 1.4 times. */
const mostKept = 1024 * 1024;

/**
 * glibc keeps free memory at the end of each thread's arena: up to twice the largest block that was ever freed, which is the text of this
 * program. So many calls would leave megabytes behind in each thread that V8 compiles on. Without glibc or koffi, nothing is done.
 */
export async function returnFreeMemory(): Promise<void> {
  try {
    const library = (await loadKoffi()).load(null);
    library.func('mallopt', 'int', ['int', 'int'])(trimThreshold, mostKept);
  } catch {
    // musl keeps less.
  }
}
