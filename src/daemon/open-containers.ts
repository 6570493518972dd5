import type { Log } from '../core/log.ts';
import { type OpenContainers, openContainers } from '../engines/around/open-containers.ts';
import { presentEngines } from '../engines/life.ts';
import type { AskEngine } from '../engines/questions.ts';
import type { Host } from '../host/host.ts';

/** Containers of this host's engines. What is paused is noted in `stateDir`. */
export function openHostContainers(
  { files }: Pick<Host, 'files'>,
  ask: AskEngine,
  stateDir: string,
  log: Log,
): OpenContainers {
  const path = `${stateDir}/.paused`;
  return openContainers({
    ask,
    engines: () => presentEngines(),
    notes: {
      read: () => files.readText(path),
      write: async (text) => void (await files.writeText(path, text, 'replace')),
    },
    log,
  });
}
