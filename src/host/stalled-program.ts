import { readFileSync } from 'node:fs';

/** Calls `stalled` once if the process did nothing for this long: neither read, nor wrote, nor computed. */
export interface WorkWatch {
  stop(): void;
}

export interface WatchedProgram {
  readonly pid: number;
  /** Milliseconds. */
  readonly patience: number;
  /** Bytes of its output until now, which are not counted as work. */
  told(): number;
}

interface Work {
  /** Bytes that it read and wrote, apart from what it told. */
  readonly moved: number;
  /** Clock ticks of the processor, of which Linux shows 100 in a second. */
  readonly ticks: number;
}

/**
 * In half an hour of waiting, restic moved less than 1 KiB by the wakeups of its own threads, and computed for 1.2 s [measured with
 * 0.14]. One request to a server and its answer are more.
 */
const leastMoved = 4_096;
/** The share of one processor. */
const leastShare = 0.005;
const ticksPerMillisecond = 0.1;
const looksPerPatience = 60;

export function watchWork(program: WatchedProgram, stalled: () => void): WorkWatch {
  const { patience } = program;
  let last = workOf(program);
  let since = performance.now();
  const timer = setInterval(() => {
    const now = workOf(program);
    // What cannot be read is not known: such a program is left alone.
    const isIdle =
      now !== undefined &&
      last !== undefined &&
      now.moved - last.moved < leastMoved &&
      now.ticks - last.ticks < leastShare * ticksPerMillisecond * patience;
    if (!isIdle) {
      last = now;
      since = performance.now();
    } else if (performance.now() - since >= patience) {
      clearInterval(timer);
      stalled();
    }
  }, patience / looksPerPatience).unref();
  return { stop: () => clearInterval(timer) };
}

function workOf({ pid, told }: WatchedProgram): Work | undefined {
  try {
    const io = readFileSync(`/proc/${pid}/io`, 'utf8');
    const [, read] = /^rchar: (\d+)$/m.exec(io) ?? [];
    const [, written] = /^wchar: (\d+)$/m.exec(io) ?? [];
    // Fields 14 and 15 of proc(5). The second is a name in parentheses, and may have any characters.
    const fields = (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1) ?? '').split(' ');
    const work = {
      moved: Number(read) + Number(written) - told(),
      ticks: Number(fields[11]) + Number(fields[12]),
    };
    return Number.isNaN(work.moved + work.ticks) ? undefined : work;
  } catch {
    return undefined;
  }
}
