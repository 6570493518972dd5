import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { AskingProcess } from '../core/volume-event.ts';
import { loadSystemCalls, type SystemCalls } from './system-calls.ts';

/** The process at the other end of a Unix socket; undefined where the kernel does not tell, or koffi does not load. */
export type PeerOf = (socket: Socket) => AskingProcess | undefined;

/** Waits for nothing: both questions are the kernel's own to answer, and take microseconds. */
export async function createPeerLook(systemCalls: 'auto' | 'spawned'): Promise<PeerOf> {
  const calls = systemCalls === 'auto' ? await loadSystemCalls() : undefined;
  if (calls === undefined) return () => undefined;
  return (socket) => peerOf(calls, socket);
}

function peerOf(calls: SystemCalls, socket: Socket): AskingProcess | undefined {
  const fd = descriptorOf(socket);
  if (fd === undefined) return undefined;
  try {
    const { pid, uid } = calls.peer(fd);
    if (pid <= 0) return undefined;
    const command = commandOf(pid);
    return { pid, uid, ...(command === undefined ? {} : { command }) };
  } catch {
    return undefined;
  }
}

/** Node has no public name for it: where a version of Node has it elsewhere, nobody is named. */
function descriptorOf(socket: Socket): number | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null) return undefined;
  const fd: unknown = Reflect.get(handle, 'fd');
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}

/** As the process calls itself, at most 15 bytes of anything (proc(5)). */
function commandOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd();
  } catch {
    return undefined;
  }
}
