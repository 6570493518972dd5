import type { Amount } from '../../core/waits/progress.ts';
import { linuxParts } from '../linux-parts.ts';
import { makeOn } from './calls.ts';
import { linuxRemote } from './linux-remote.ts';
import { packError, type RemoteAnswer, type RemoteRequest, readyWord } from './protocol.ts';

/** The helper process of a server: receives calls, and answers each as soon as it is done. */

// The daemon is gone. `exit` would wait for the pool's threads, and so for the server. The whole group is killed, because a
// removal must not go on without the daemon.
process.once('disconnect', () => process.kill(-process.pid, 'SIGKILL'));
// A stop signal may be sent to all processes of the daemon, but the daemon still needs this one for its shutdown. SIGUSR1 would
// open Node's debugger.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'])
  process.on(signal, () => undefined);

const [, systemCalls, searchPath = ''] = process.argv.slice(2);
const remote = linuxParts(
  { systemCalls: systemCalls === 'spawned' ? 'spawned' : 'auto', searchPath },
  'ours',
).then(linuxRemote);
const aborts = new Map<number, AbortController>();

process.on('message', (request: RemoteRequest) => {
  if (request.kind === 'abort') aborts.get(request.id)?.abort();
  else void answer(request);
});

void remote.then(() => send(readyWord));

async function answer({
  id,
  canAbort,
  tells,
  kind: _,
  ...call
}: RemoteRequest & { readonly kind: 'call' }): Promise<void> {
  const abort = new AbortController();
  if (canAbort) aborts.set(id, abort);
  try {
    const tell = (done: Amount) => send({ id, done });
    const value = await makeOn<never>(await remote, {
      ...call,
      ...(canAbort ? { signal: abort.signal } : {}),
      ...(tells ? { tell } : {}),
    });
    send({ id, value });
  } catch (error) {
    send({ id, error: packError(error) });
  } finally {
    aborts.delete(id);
  }
}

/** Ignores errors: if sending fails, the daemon is gone. */
function send(message: RemoteAnswer | typeof readyWord): void {
  process.send?.(message, undefined, undefined, () => undefined);
}
