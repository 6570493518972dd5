import type { LoadedConfiguration } from '../config/load-configuration.ts';
import { problemText } from '../config/problem.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { CommandResult } from './command-result.ts';
import { type Running, runUntilStopped, type StopSignal } from './run-daemon.ts';
import { listed } from './table.ts';

export type Usable = Extract<LoadedConfiguration, { readonly kind: 'usable' }>;

export interface ServedDaemon extends Running {
  /** The plugin sockets' paths, by driver. */
  readonly sockets: ReadonlyMap<string, string>;
}

export interface ServeParts {
  load(): Promise<LoadedConfiguration>;
  readonly isRoot: boolean;
  readonly version: string;
  readonly form: 'json' | 'text';
  /** A line on stdout. */
  say(line: string): void;
  start(loaded: Usable): Promise<ServedDaemon>;
  onSignal(handle: (signal: StopSignal) => void): void;
  forceExit(): void;
}

/** Milliseconds a stop may take: then it is forced, and recovery does the rest at the next start. */
const stopDeadline = 15_000;

/** Runs the daemon, says where it listens and what to type next, and resolves after a clean stop. */
export async function serveCommand(parts: ServeParts): Promise<CommandResult> {
  requireRoot(parts.isRoot, 'serve');
  const loaded = usable(await parts.load());
  const say = (json: object, text: string): void =>
    parts.say(parts.form === 'json' ? JSON.stringify(json) : text);
  await runUntilStopped<ServedDaemon>({
    start: () => parts.start(loaded),
    started: ({ sockets }) =>
      say(startedJson(parts.version, sockets, loaded), startedText(parts.version, sockets)),
    stopping: (signal) =>
      say({ event: 'stopping', signal }, 'Stopping; containers keep the volumes they have.'),
    onSignal: parts.onSignal,
    forceExit: parts.forceExit,
    stopDeadline,
  });
  return { text: '' };
}

/** Throws `invalid` with every problem, one a line. */
export function usable(loaded: LoadedConfiguration): Usable {
  if (loaded.kind === 'usable') return loaded;
  const problems = loaded.problems.map((problem) => `  ${problemText(problem)}`);
  throw new VolumeError('invalid', ['The configuration cannot be used:', ...problems].join('\n'));
}

export function requireRoot(isRoot: boolean, command: string): void {
  if (isRoot) return;
  const message = `Mounting needs root: run it as \`sudo holdfast ${command}\`, or \`sudo npm start\` in a clone.`;
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

function startedText(version: string, sockets: ServedDaemon['sockets']): string {
  const [driver = ''] = sockets.keys();
  const places = Array.from(sockets, ([name, path]) => `${name} on ${path}`);
  return [
    `Holdfast ${version} serves ${listed(places)}.`,
    'Type in another terminal:',
    `  docker volume create --driver ${driver} demo`,
    `  docker run --rm -it -v demo:/data --volume-driver ${driver} busybox`,
    'Ctrl-C stops it; containers keep the volumes they have.',
  ].join('\n');
}
