import { connect, isIP } from 'node:net';
import { VolumeError } from '../core/volume-error.ts';
import type { Network, NetworkAddress, Programs } from './host.ts';
import { type SystemError, systemError, withCode } from './system-error.ts';

/** Bytes. A server that sends more speaks another protocol. */
const mostAnswer = 64 * 1024;

/** A request, and the test whether its answer is complete. */
interface Talk {
  readonly request: Uint8Array;
  readonly isWhole: (answer: Uint8Array) => boolean;
}

/** Resolves names with a program: the C library's resolver would block a thread of the pool. */
export function linuxNetwork(programs: Programs): Network {
  return {
    ask: async ({ host, port }, request, isWhole, signal) => {
      let failure: unknown;
      for (const address of await addressesOf(programs, host, signal)) {
        try {
          return await talk({ host: address, port }, { request, isWhole }, signal);
        } catch (error) {
          if (signal.aborted) throw error;
          failure = error;
        }
      }
      throw failure;
    },
  };
}

/** At least one. */
async function addressesOf(
  programs: Programs,
  host: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  // The program would take it for an option.
  if (host.startsWith('-')) throw notFound(host);
  const { exitCode, stdout } = await lookUp(programs, host, signal);
  const addresses = exitCode === 0 ? streamAddresses(stdout) : [];
  if (addresses.length === 0) throw notFound(host);
  return addresses;
}

async function lookUp(programs: Programs, host: string, signal: AbortSignal) {
  try {
    return await programs.run('getent', ['ahosts', host], signal);
  } catch (error) {
    const isLate = error instanceof VolumeError && error.code === 'timeout';
    throw isLate ? systemError('ETIMEDOUT', 'getent', host, 'the name was not resolved in time') : error;
  }
}

/** Lines such as `192.0.2.7  STREAM nfs.example`, one for each kind of socket. */
function streamAddresses(output: string): readonly string[] {
  const lines = output.split('\n').map((line) => line.split(/\s+/));
  return lines.flatMap(([address, kind]) => (address && kind === 'STREAM' ? [address] : []));
}

function talk(address: NetworkAddress, { request, isWhole }: Talk, signal: AbortSignal): Promise<Uint8Array> {
  const { host, port } = address;
  const failed = (code: 'ETIMEDOUT' | 'ECONNRESET' | 'EMSGSIZE') =>
    systemError(code, 'ask', `${host}:${port}`);
  return new Promise((resolve, reject) => {
    if (signal.aborted) throw failed('ETIMEDOUT');
    let answer = Buffer.alloc(0);
    const socket = connect({ host, port });
    const fail = (error: unknown) => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      reject(error);
    };
    const onAbort = () => fail(failed('ETIMEDOUT'));
    const take = (chunk: Uint8Array) => {
      answer = Buffer.concat([answer, chunk]);
      try {
        if (answer.length > mostAnswer) throw failed('EMSGSIZE');
        if (!isWhole(answer)) return;
        resolve(answer);
        socket.destroy();
      } catch (error) {
        fail(error);
      }
    };
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', () => {
      socket.write(request);
      take(Buffer.alloc(0));
    });
    socket.on('data', take).on('error', fail);
    // After the promise is resolved, closing is not a failure.
    socket.once('close', () => fail(failed('ECONNRESET')));
  });
}

function notFound(host: string): SystemError {
  return withCode('ENOTFOUND', `ENOTFOUND: the name is unknown, getent '${host}'`);
}
