import { silentLog } from '../../../src/core/log.ts';
import { createFileLocks } from '../../../src/host/files/lock-file.ts';
import type { ListenParts } from '../../../src/http/sockets.ts';

const locks = createFileLocks('auto');

/** The parts for opening a socket in tests: the daemon's own locks, and a silent log. */
export const listenParts: ListenParts = {
  takeLock: async (path) => (await locks)(path),
  log: silentLog,
};
