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
  /** See https://no-color.org. */
  readonly noColor: boolean;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** The one place that reads `process.env`, and writes it: the AWS SDK takes its credentials from there. */
export function readEnvironment(): Environment {
  const environment = environmentFrom(process.env);
  if (environment.mode === 'managed') translateCredentials(process.env);
  return environment;
}

export function environmentFrom(variables: Variables): Environment {
  const listenPid = wholeNumber(variables.LISTEN_PID);
  const isManaged = variables.HOLDFAST_MANAGED_PLUGIN === 'true';
  return {
    mode: isManaged ? 'managed' : 'daemon',
    settings: textsOf(variables, isManaged ? '' : 'HOLDFAST_'),
    ...(listenPid === undefined ? {} : { listenPid }),
    listenFds: wholeNumber(variables.LISTEN_FDS) ?? 0,
    listenFdNames: variables.LISTEN_FDNAMES ? variables.LISTEN_FDNAMES.split(':') : [],
    noColor: Boolean(variables.NO_COLOR),
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
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
