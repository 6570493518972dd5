import { linuxParts } from './linux-parts.ts';
import { linuxRemote } from './linux-remote.ts';
import { makeOn } from './remote-calls.ts';
import { packError, type RemoteAnswer, type RemoteRequest } from './remote-protocol.ts';

/** The whole work of a server's helper process: calls come in, answers go out, in the order in which they are there. */

// The daemon is gone. Not `exit`, which waits for the threads of the pool, and so for the server; nor alone, as a removal
// would go on for a daemon that does not know of it.
process.once('disconnect', () => process.kill(-process.pid, 'SIGKILL'));
// Whoever stops the daemon may tell all its processes; it still needs this one to come to an end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);

const [, systemCalls, searchPath = ''] = process.argv.slice(2);
const parts = await linuxParts(
  { systemCalls: systemCalls === 'spawned' ? 'spawned' : 'auto', searchPath },
  'ours',
);
const remote = linuxRemote(parts);
const aborts = new Map<number, AbortController>();

process.on('message', (request: RemoteRequest) => {
  if (request.kind === 'abort') aborts.get(request.id)?.abort();
  else void answer(request);
});

async function answer({
  id,
  name,
  args,
  canAbort,
}: RemoteRequest & { readonly kind: 'call' }): Promise<void> {
  const abort = new AbortController();
  if (canAbort) aborts.set(id, abort);
  try {
    send({
      id,
      value: await makeOn<never>(remote, { name, args, ...(canAbort ? { signal: abort.signal } : {}) }),
    });
  } catch (error) {
    send({ id, error: packError(error) });
  } finally {
    aborts.delete(id);
  }
}

/** Nobody is there to hear that it failed. */
function send(message: RemoteAnswer): void {
  process.send?.(message, undefined, undefined, () => undefined);
}
