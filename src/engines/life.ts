import { existsSync } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { findEngines } from './find-engines.ts';
import { type Engine, usualEngines } from './usual-engines.ts';

export interface EngineProcess {
  readonly socket: string;
  /** Exists while the engine runs. */
  readonly pidFile: string;
  /** The name of its process in the kernel. */
  readonly program: string;
}

/** Docker's default paths. */
export const usualDocker: EngineProcess = {
  socket: '/run/docker.sock',
  pidFile: '/run/docker.pid',
  program: 'dockerd',
};

/** Identifies one run of the engine: its PID and start time. Undefined if no engine runs. */
export async function lifeOf({ pidFile, program }: EngineProcess): Promise<string | undefined> {
  try {
    const pid = (await readFile(pidFile, 'utf8')).trim();
    if (!/^\d{1,10}$/.test(pid)) return undefined;
    const name = (await readFile(`/proc/${pid}/comm`, 'utf8')).trim();
    return name === program ? `${pid} since ${(await stat(pidFile)).mtimeMs}` : undefined;
  } catch {
    return undefined;
  }
}

export async function runningSockets(...from: Parameters<typeof runningEngines>): Promise<readonly string[]> {
  return (await runningEngines(...from)).map(({ socket }) => socket);
}

/**
 * The default engines, and all others that run here. Without Docker while it is stopped: with socket activation, a request would start
 * it. Its PID file counts too, as a container with the host's processes shares no mounts with it.
 */
export async function runningEngines(
  docker: EngineProcess = usualDocker,
  find = findEngines,
): Promise<readonly Engine[]> {
  const [life, found] = await Promise.all([lifeOf(docker), find()]);
  const usual = usualEngines.filter(({ socket }) => life !== undefined || socket !== docker.socket);
  const places = new Set(await Promise.all(usual.map(({ socket }) => placeOf(socket))));
  const others = await Promise.all(
    found.map(async (engine) => (places.has(await placeOf(engine.socket)) ? [] : [engine])),
  );
  return [...usual, ...others.flat()];
}

/** Those of them that have their socket. Podman, too, is on a host only if it has. */
export async function presentEngines(...from: Parameters<typeof runningEngines>): Promise<readonly Engine[]> {
  return (await runningEngines(...from)).filter(({ socket }) => existsSync(socket));
}

/** Follows links, as one path of a socket may be a link to another. */
function placeOf(socket: string): Promise<string> {
  return realpath(socket).catch(() => socket);
}
