import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { builtDaemon } from './built-daemon.ts';

/** A built daemon with all its files in one folder, for tests that start it themselves. */
export interface LoneDaemon {
  /** The command line that starts it. */
  readonly words: readonly string[];
  readonly socket: string;
  readonly stateDir: string;
}

export async function prepareDaemon(folder: string, more: object = {}): Promise<LoneDaemon> {
  const config = join(folder, 'config.yaml');
  const configuration = {
    mountRoot: join(folder, 'mnt'),
    stateDir: join(folder, 'state'),
    runtimeDir: join(folder, 'run'),
    socketDir: join(folder, 'plugins'),
    adminSocket: join(folder, 'admin.sock'),
    drivers: { gold: { backend: 'local', settings: { root: join(folder, 'volumes') } } },
    ...more,
  };
  await writeFile(config, JSON.stringify(configuration));
  return {
    words: [process.execPath, await builtDaemon(), 'serve', '--config', config],
    socket: join(folder, 'plugins/gold.sock'),
    stateDir: configuration.stateDir,
  };
}
