import { defaultAdminSocket } from '../config/default-paths.ts';
import type { LoadedConfiguration } from '../config/load-configuration.ts';
import { problemText } from '../config/problem.ts';
import { listed } from '../core/listed.ts';
import { shown, shownJson, shownLines } from '../core/shown.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { CommandResult } from './command-result.ts';
import { type Running, runUntilStopped } from './run-daemon.ts';
import type { StopSignal } from './signals.ts';

export type Usable = Extract<LoadedConfiguration, { readonly kind: 'usable' }>;

export interface ServedDaemon extends Running {
  /** The plugin sockets' paths, by driver. */
  readonly sockets: ReadonlyMap<string, string>;
  /** Takes up a changed configuration, and logs how that went. */
  reload(): Promise<unknown>;
}

export interface ServeParts {
  load(): Promise<LoadedConfiguration>;
  readonly isRoot: boolean;
  readonly version: string;
  /** The command that starts this program, as a user types it. */
  readonly command: string;
  readonly form: 'json' | 'text';
  /** Prints a line to stdout. */
  say(line: string): void;
  start(loaded: Usable): Promise<ServedDaemon>;
  onSignal(handle: (signal: StopSignal) => void): void;
  /** The signal to take up a changed configuration. */
  onReload(handle: () => void): void;
  forceExit(): void;
}

/** Milliseconds that a stop may take. Then the process exits, and recovery at the next start does the rest. */
const stopDeadline = 15_000;

/** Runs the daemon, says where it listens and what to type next, and resolves after a clean stop. */
export async function serveCommand(parts: ServeParts): Promise<CommandResult> {
  requireRoot(parts.isRoot, 'serve');
  const loaded = usable(await parts.load());
  const say = (json: object, text: string): void =>
    parts.say(parts.form === 'json' ? shownJson(json) : shownLines(text));
  let running: ServedDaemon | undefined;
  // Until the daemon runs, it has yet to take up the first one.
  parts.onReload(() => void running?.reload().catch(() => undefined));
  await runUntilStopped<ServedDaemon>({
    start: () => parts.start(loaded),
    started: (daemon) => {
      running = daemon;
      const { sockets } = daemon;
      say(startedJson(parts.version, sockets, loaded), startedText(parts, sockets, loaded.configuration));
    },
    stopping: (signal) => say({ event: 'stopping', signal }, 'Stopping. Containers keep their volumes.'),
    onSignal: parts.onSignal,
    forceExit: parts.forceExit,
    stopDeadline,
  });
  return { text: '' };
}

/** Throws `invalid` with all problems, one per line. */
export function usable(loaded: LoadedConfiguration): Usable {
  if (loaded.kind === 'usable') return loaded;
  const problems = loaded.problems.map((problem) => `  ${shown(problemText(problem))}`);
  throw new VolumeError('invalid', ['The configuration cannot be used:', ...problems].join('\n'));
}

export function requireRoot(isRoot: boolean, command: string): void {
  if (isRoot) return;
  const message = `Mounting needs root: run \`sudo holdfast ${command}\`, or \`sudo npm start\` in a clone of the repository.`;
  throw new VolumeError('failed', message);
}

function startedJson(version: string, sockets: ServedDaemon['sockets'], { configuration }: Usable): object {
  return {
    event: 'serving',
    version,
    sockets: Object.fromEntries(sockets),
    adminSocket: configuration.adminSocket,
  };
}

function startedText(
  { version, command }: ServeParts,
  sockets: ServedDaemon['sockets'],
  { adminSocket }: Usable['configuration'],
): string {
  const socket = adminSocket === defaultAdminSocket ? '' : ` --socket ${adminSocket}`;
  const [driver = ''] = sockets.keys();
  const places = Array.from(sockets, ([name, path]) => `${name} on ${path}`);
  return [
    `Holdfast ${version} serves ${listed(places)}.`,
    'Try in another terminal:',
    `  docker volume create --driver ${driver} demo`,
    `  docker run --rm -it -v demo:/data --volume-driver ${driver} busybox`,
    `  sudo ${command} volume ls${socket}`,
    'Ctrl-C stops Holdfast. Containers keep their volumes.',
  ].join('\n');
}
