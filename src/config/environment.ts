/** What the daemon takes from its environment, read once at the start. */
export interface Environment {
  /** The variables whose name begins with `HOLDFAST_`. */
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

/** The one place that reads `process.env`. */
export function readEnvironment(): Environment {
  return environmentFrom(process.env);
}

export function environmentFrom(variables: Variables): Environment {
  const listenPid = wholeNumber(variables.LISTEN_PID);
  return {
    settings: holdfastVariables(variables),
    ...(listenPid === undefined ? {} : { listenPid }),
    listenFds: wholeNumber(variables.LISTEN_FDS) ?? 0,
    listenFdNames: variables.LISTEN_FDNAMES ? variables.LISTEN_FDNAMES.split(':') : [],
    noColor: Boolean(variables.NO_COLOR),
  };
}

function holdfastVariables(variables: Variables): Readonly<Record<string, string>> {
  const ours: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (name.startsWith('HOLDFAST_') && value !== undefined) ours[name] = value;
  }
  return ours;
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
