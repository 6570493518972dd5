import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { eventually } from './eventually.ts';
import type { Namespace } from './namespace.ts';
import type { Finished } from './run.ts';
import { succeeded } from './run.ts';
import { createService, type Service, tail } from './service.ts';
import { type Answer, post } from './unix-http.ts';

/** The built Holdfast of a simulated host: its daemon, its command, its plugin socket and its log. */
export interface Daemon {
  readonly service: Service;
  /** Returns once the plugin socket answers. */
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** What the holdfast command printed, trimmed; throws with its words when it failed. */
  command(...args: readonly string[]): Promise<string>;
  tryCommand(...args: readonly string[]): Promise<Finished>;
  /** A call of the plugin protocol, as an engine makes it. */
  call(method: string, body: unknown): Promise<Answer>;
  /** The calls of the plugin protocol it logged, oldest first. */
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
      await eventually('holdfast answers', activated, { evidence: () => tail('holdfast', service, 40) });
    },
    stop: async () => void (await service.stop()),
    kill: () => service.kill(),
    command: async (...args) => succeeded(`holdfast ${args.join(' ')}`, await tryCommand(...args)),
    tryCommand,
    call,
    async calls() {
      // A call is logged after its answer, in order: once the log has this one, it has all before it.
      const marker = `marker-${randomUUID()}`;
      await call('VolumeDriver.Get', { Name: marker });
      return eventually('the log has the calls', async () =>
        before(marker, loggedCalls(await service.log())),
      );
    },
  };
}

/** The calls before the marker's, and those of other markers left out; undefined while it is not there. */
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

/** Where a simulated host's daemon keeps its things: all below the host's folder, but for the plugin sockets. */
export function writeConfiguration(folder: string, file: string, settings: DaemonSettings): Promise<void> {
  const local = {
    backend: 'local',
    settings: { root: `${folder}/volumes`, allowedRoots: [`${folder}/given`], ...settings.local },
  };
  // JSON is YAML, too.
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
  });
  return writeFile(file, text);
}

export interface DaemonSettings {
  /** After which a holder whose volume nobody uses is dropped, such as `2s`. */
  readonly grace?: string;
  /** Where the ledger lies: by default in the host's /run, which a reboot empties; a disk keeps it. */
  readonly ledger?: 'in-memory' | 'on-disk';
  /** More settings of the driver. */
  readonly local?: Readonly<Record<string, unknown>>;
  /** Instead of the one local driver: as the configuration has them, by name. The machine talks to the first one. */
  readonly drivers?: Readonly<Record<string, unknown>>;
  /** As the configuration has them, by name. */
  readonly witnesses?: Readonly<Record<string, unknown>>;
}

const defaultDriver = 'holdfast';

/** The driver that a machine with these settings talks to. */
export function firstDriver(settings: DaemonSettings): string {
  return Object.keys(settings.drivers ?? {})[0] ?? defaultDriver;
}
