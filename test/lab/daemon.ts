import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { eventually } from './eventually.ts';
import type { Namespace } from './namespace.ts';
import { type Answer, post } from './network/unix-http.ts';
import type { Finished } from './run.ts';
import { succeeded } from './run.ts';
import { createService, type Service, tail } from './service.ts';

/** The built Holdfast of a simulated host: its daemon, its command, its plugin socket and its log. */
export interface Daemon {
  readonly service: Service;
  /** Returns once the plugin socket answers. */
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** The trimmed output of the holdfast command; throws with its error. */
  command(...args: readonly string[]): Promise<string>;
  tryCommand(...args: readonly string[]): Promise<Finished>;
  /** A call of the plugin protocol, as an engine makes it. */
  call(method: string, body: unknown): Promise<Answer>;
  /** The logged calls of the plugin protocol, oldest first. */
  calls(): Promise<readonly LoggedCall[]>;
}

interface LoggedCall {
  readonly method: string;
  readonly volume?: string;
}

export interface DaemonFiles {
  /** The daemon's JavaScript. */
  readonly program: string;
  readonly config: string;
  readonly log: string;
  readonly adminSocket: string;
  /** In the namespace. */
  readonly pluginSocket: string;
}

export function createDaemon(namespace: Namespace, files: DaemonFiles): Daemon {
  const service = createService(namespace, files.log);
  const call = (method: string, body: unknown) =>
    post(namespace.path(files.pluginSocket), `/${method}`, body);
  const tryCommand = (...args: readonly string[]) =>
    namespace.run(process.execPath, files.program, ...args, '--socket', files.adminSocket);
  return {
    service,
    start: async () => {
      await service.start(process.execPath, [files.program, 'serve', '--config', files.config]);
      const activated = async () => (await call('Plugin.Activate', {})).status === 200;
      const evidence = () => tail('holdfast', service, 40);
      await eventually('holdfast answers', activated, { evidence });
      // The last socket: those of the CSI are open before.
      await eventually(
        'the admin socket is there',
        async () => existsSync(namespace.path(files.adminSocket)),
        { evidence },
      );
    },
    stop: async () => void (await service.stop()),
    kill: () => service.kill(),
    command: async (...args) => succeeded(`holdfast ${args.join(' ')}`, await tryCommand(...args)),
    tryCommand,
    call,
    async calls() {
      // Calls are logged in order, after their answers: once the log has this one, it has all earlier ones.
      const marker = `marker-${randomUUID()}`;
      await call('VolumeDriver.Get', { Name: marker });
      return eventually('the log has the calls', async () =>
        before(marker, loggedCalls(await service.log())),
      );
    },
  };
}

/** The calls before the marker's, without those of other markers; undefined if the marker is not logged yet. */
function before(marker: string, calls: readonly LoggedCall[]): readonly LoggedCall[] | undefined {
  const end = calls.findIndex(({ volume }) => volume === marker);
  return end < 0 ? undefined : calls.slice(0, end).filter(({ volume }) => !volume?.startsWith('marker-'));
}

function loggedCalls(log: string): readonly LoggedCall[] {
  const lines = log.split('\n').filter((line) => line.startsWith('{'));
  return lines.map(readCall).filter((call) => call !== undefined);
}

function readCall(line: string): LoggedCall | undefined {
  const event: Readonly<Record<string, unknown>> = JSON.parse(line);
  if (event.event !== 'call' || typeof event.method !== 'string') return undefined;
  const volume = typeof event.volume === 'string' ? { volume: event.volume } : {};
  return { method: event.method, ...volume };
}

/** The paths of a simulated host's daemon: all below the host's folder, except the plugin sockets. */
export function writeConfiguration(folder: string, file: string, settings: DaemonSettings): Promise<void> {
  const local = {
    backend: 'local',
    settings: { root: `${folder}/volumes`, allowedRoots: [`${folder}/given`], ...settings.local },
  };
  // JSON is valid YAML.
  const text = JSON.stringify({
    mountRoot: `${folder}/mounts`,
    stateDir: `${folder}/state`,
    runtimeDir: settings.ledger === 'on-disk' ? `${folder}/run` : '/run/holdfast',
    socketDir: '/run/docker/plugins',
    adminSocket: `${folder}/admin.sock`,
    log: { level: 'debug', format: 'json' },
    reaper: { grace: settings.grace ?? '10m' },
    drivers: settings.drivers ?? { [defaultDriver]: local },
    ...(settings.witnesses ? { witnesses: settings.witnesses } : {}),
    ...(settings.admin ? { admin: settings.admin } : {}),
    ...settings.more?.(folder),
  });
  return writeFile(file, text);
}

export interface DaemonSettings {
  /** Grace period for unused holders, such as `2s`. */
  readonly grace?: string;
  /** The place of the ledger. The default is the host's /run, which a reboot empties; on disk, it survives. */
  readonly ledger?: 'in-memory' | 'on-disk';
  /** More settings of the driver. */
  readonly local?: Readonly<Record<string, unknown>>;
  /** Drivers by name, as in the configuration, instead of the local one. The machine uses the first one. */
  readonly drivers?: Readonly<Record<string, unknown>>;
  /** Additional addresses of the admin API, as in the configuration. */
  readonly admin?: Readonly<Record<string, unknown>>;
  /** Witnesses by name, as in the configuration. */
  readonly witnesses?: Readonly<Record<string, unknown>>;
  /** More of the configuration, for a machine with this folder. */
  readonly more?: (folder: string) => Readonly<Record<string, unknown>>;
}

const defaultDriver = 'holdfast';

/** The driver that a machine with these settings talks to. */
export function firstDriver(settings: DaemonSettings): string {
  return Object.keys(settings.drivers ?? {})[0] ?? defaultDriver;
}
