import { constants } from 'node:os';
import type { Library } from './callers.ts';

/** F_SETSIG and F_SETLEASE of linux/fcntl.h, and F_RDLCK. */
const [setSignal, setLease, forReading] = [10, 1024, 0];

export interface Writers {
  /**
   * Whether nobody has this file open for writing, which the kernel knows of each file: it gives a lease for reading only then (fcntl(2),
   * "Leases"). False also where there are no leases. The lease ends when the caller closes the descriptor, which is open for reading only.
   * In the calling thread: waits for nothing.
   */
  hasNoWriter(fd: number): boolean;
}

export function lookingForWriters(library: Library): Writers {
  const fcntl = library.func('fcntl', 'int', ['int', 'int', '...']);
  return {
    hasNoWriter(fd) {
      // Whoever opens it for writing before the lease ends waits for that, and this process gets a signal: SIGIO by default, which would end it.
      if (fcntl(fd, setSignal, 'int', constants.signals.SIGURG) < 0) return false;
      return fcntl(fd, setLease, 'int', forReading) === 0;
    },
  };
}
