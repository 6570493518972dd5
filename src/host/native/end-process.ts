import { constants } from 'node:fs';
import { loadKoffi } from './load-koffi.ts';

/** Ends this process at once, with an exit code. */
export type EndProcess = (code: number) => void;

/** F_GETFL and F_SETFL of asm-generic/fcntl.h. */
const [getFlags, setFlags] = [3, 4];

/**
 * `process.exit` waits for the calls on Node's thread pool, one of which may wait for a dead disk, and for threads of V8, one of which
 * may wait for this one (Node's issue 54918). _exit(2) waits for nothing. Undefined if koffi cannot be loaded, or if Node is to write a
 * profile, which it does at its own end.
 */
export async function loadEndProcess(): Promise<EndProcess | undefined> {
  if (writesProfile()) return undefined;
  try {
    const library = (await loadKoffi()).load(null);
    const exit = library.func('_exit', 'void', ['int']);
    const fcntl = library.func('fcntl', 'int', ['int', 'int', '...']);
    return (code) => {
      // As Node does: others may share the output, such as the shell that started this process.
      for (const descriptor of [0, 1, 2]) {
        const flags = fcntl(descriptor, getFlags, 'int', 0);
        if (flags >= 0) fcntl(descriptor, setFlags, 'int', flags & ~constants.O_NONBLOCK);
      }
      exit(code);
    };
  } catch {
    return undefined;
  }
}

function writesProfile(): boolean {
  const { execArgv, env } = process;
  const flags = [...execArgv, env.NODE_OPTIONS ?? ''].join(' ');
  return env.NODE_V8_COVERAGE !== undefined || /--(cpu-|heap-)?prof\b/.test(flags);
}
