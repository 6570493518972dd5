import type { Log } from '../core/log.ts';
import { type OpenContainers, openContainers } from '../engines/around/open-containers.ts';
import { presentEngines } from '../engines/life.ts';
import type { AskEngine } from '../engines/questions.ts';
import type { Host } from '../host/host.ts';

/** Containers of this host's engines. What is paused, and what is still to be run in them, is noted in `stateDir`. */
export function openHostContainers(
  { files }: Pick<Host, 'files'>,
  ask: AskEngine,
  stateDir: string,
  log: Log,
): OpenContainers {
  const notesIn = (name: string) => ({
    read: () => files.readText(`${stateDir}/${name}`),
    write: async (text: string) => void (await files.writeText(`${stateDir}/${name}`, text, 'replace')),
  });
  return openContainers({
    ask,
    engines: () => presentEngines(),
    notes: notesIn('.paused'),
    owedNotes: notesIn('.owed-commands'),
    log,
  });
}
