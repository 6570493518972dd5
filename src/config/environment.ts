import { isSecretKey } from '../core/redact.ts';
import { translateCredentials } from './rexray-variables.ts';

/** What the daemon takes from its environment, read once at the start. */
export interface Environment {
  /** `managed`: an engine runs this as a plugin, and `settings` are those of `docker plugin set`. */
  readonly mode: 'daemon' | 'managed';
  /** The variables whose name begins with `HOLDFAST_`; in a managed plugin all of them. */
  readonly settings: Readonly<Record<string, string>>;
  /** systemd's socket activation: the process the sockets are for. */
  readonly listenPid?: number;
  /** The number of sockets handed over, from file descriptor 3 on. */
  readonly listenFds: number;
  readonly listenFdNames: readonly string[];
  /** The service manager's datagram socket: see sd_notify(3). */
  readonly notifySocket?: string;
  /** How often it wants to hear of the daemon, and of which process: see sd_watchdog_enabled(3). Microseconds. */
  readonly watchdogUsec?: number;
  readonly watchdogPid?: number;
  /** See https://no-color.org. */
  readonly noColor: boolean;
  /** The terminal cannot erase a line. */
  readonly isDumb: boolean;
  /** Values of variables whose name says that they are secret, such as AWS_SECRET_ACCESS_KEY. */
  readonly secrets: readonly string[];
}

/** The value of HOLDFAST_MANAGED_PLUGIN in the variant for Swarm's cluster volumes. */
export const clusterVariant = 'cluster';

type Variables = Readonly<Record<string, string | undefined>>;

/** The one place that reads `process.env`, and writes it: the AWS SDK takes its credentials from there. */
export function readEnvironment(): Environment {
  const environment = environmentFrom(process.env);
  if (environment.mode === 'managed') translateCredentials(process.env);
  return environment;
}

export function environmentFrom(variables: Variables): Environment {
  const listenPid = wholeNumber(variables.LISTEN_PID);
  const watchdogUsec = wholeNumber(variables.WATCHDOG_USEC);
  const watchdogPid = wholeNumber(variables.WATCHDOG_PID);
  const isManaged = ['true', clusterVariant].includes(variables.HOLDFAST_MANAGED_PLUGIN ?? '');
  return {
    mode: isManaged ? 'managed' : 'daemon',
    settings: textsOf(variables, isManaged ? '' : 'HOLDFAST_'),
    ...(listenPid === undefined ? {} : { listenPid }),
    listenFds: wholeNumber(variables.LISTEN_FDS) ?? 0,
    listenFdNames: variables.LISTEN_FDNAMES ? variables.LISTEN_FDNAMES.split(':') : [],
    ...(variables.NOTIFY_SOCKET ? { notifySocket: variables.NOTIFY_SOCKET } : {}),
    ...(watchdogUsec ? { watchdogUsec } : {}),
    ...(watchdogPid === undefined ? {} : { watchdogPid }),
    noColor: Boolean(variables.NO_COLOR),
    isDumb: variables.TERM === 'dumb',
    secrets: Object.entries(variables).flatMap(([name, value]) =>
      value && isSecretKey(name) ? [value] : [],
    ),
  };
}

function textsOf(variables: Variables, prefix: string): Readonly<Record<string, string>> {
  const ours: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (name.startsWith(prefix) && value !== undefined) ours[name] = value;
  }
  return ours;
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}
