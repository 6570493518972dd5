import { readFile, stat } from 'node:fs/promises';
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

/** The default engines, without Docker while it is stopped: with socket activation, a request would start it. */
export async function runningSockets(docker: EngineProcess = usualDocker): Promise<readonly string[]> {
  return (await runningEngines(docker)).map(({ socket }) => socket);
}

export async function runningEngines(docker: EngineProcess = usualDocker): Promise<readonly Engine[]> {
  const runs = (await lifeOf(docker)) !== undefined;
  return usualEngines.filter(({ socket }) => runs || socket !== docker.socket);
}
