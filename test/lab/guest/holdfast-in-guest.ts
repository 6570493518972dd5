import type { Daemon } from '../daemon.ts';
import { eventually } from '../eventually.ts';
import { succeeded } from '../run.ts';
import { tail } from '../service.ts';
import type { Guest } from './guest.ts';

/** The built daemon of a guest. Its log is `service.log()`. */
export type GuestDaemon = Omit<Daemon, 'calls'>;

export interface GuestDaemonSettings {
  /** The daemon's JavaScript: the result of `builtDaemon()`. */
  readonly program: string;
  /** Its configuration; overrides `places`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The driver whose plugin socket shows that it is ready; default: `holdfast`. */
  readonly driver?: string;
}

/** The paths of a guest's daemon: the state in the folder that survives a power failure, the rest in memory. */
function places(guest: Guest) {
  return {
    mountRoot: '/var/lib/holdfast/mounts',
    stateDir: `${guest.folder}/state`,
    runtimeDir: '/run/holdfast',
    socketDir: '/run/docker/plugins',
    adminSocket: '/run/holdfast-admin.sock',
    log: { level: 'debug', format: 'json' },
  } as const;
}

/** Starts it, and returns once its plugin socket answers. */
export async function startHoldfast(guest: Guest, settings: GuestDaemonSettings): Promise<GuestDaemon> {
  const daemon = createGuestDaemon(guest, settings);
  await daemon.start();
  return daemon;
}

function createGuestDaemon(guest: Guest, settings: GuestDaemonSettings): GuestDaemon {
  const { program, config, driver = 'holdfast' } = settings;
  const whole = { ...places(guest), ...config };
  const service = guest.service('holdfast');
  const call = (method: string, body: unknown) =>
    guest.post(`${whole.socketDir}/${driver}.sock`, `/${method}`, body);
  const tryCommand = (...args: readonly string[]) =>
    guest.run(process.execPath, [program, ...args, '--socket', whole.adminSocket]);
  return {
    service,
    start: async () => {
      // JSON is valid YAML.
      await guest.write('/run/holdfast.yaml', JSON.stringify(whole));
      await service.start(process.execPath, [program, 'serve', '--config', '/run/holdfast.yaml']);
      const activated = async () => {
        if (!service.running()) throw new Error('It ended.');
        return (await call('Plugin.Activate', {})).status === 200;
      };
      await eventually('holdfast answers', activated, {
        evidence: () => tail('holdfast', service, 40),
      });
    },
    stop: async () => void (await service.stop()),
    kill: () => service.kill(),
    command: async (...args) => succeeded(`holdfast ${args.join(' ')}`, await tryCommand(...args)),
    tryCommand,
    call,
  };
}
