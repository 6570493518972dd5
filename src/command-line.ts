import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import type { CommandLineParts } from './cli/command-line-parts.ts';
import { createPrinter } from './cli/print.ts';
import { beforeEnd } from './cli/progress/before-end.ts';
import { runCommandLine } from './cli/run.ts';
import { hangUp, stopSignals } from './cli/signals.ts';
import { typableCommand } from './cli/typable.ts';
import { watchOutput } from './cli/watched-output.ts';
import { readEnvironment } from './config/environment.ts';
import { findProgram } from './config/find-program.ts';
import type { LoadedConfiguration } from './config/load-configuration.ts';
import { createDaemonProcess } from './daemon/process.ts';
import { unblockedOutput } from './telemetry/unblocked-output.ts';
import { thisMachine } from './this-machine.ts';

/*
 * The program: argv in, exit code out. `main.ts` loads it if this Node can run it. A command loads only what it needs: the
 * configuration for `serve`, `check` and `recover`, the daemon for `serve` and `recover`.
 */
const environment = readEnvironment();
const version: string = JSON.parse(
  readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'),
).version;
const main = join(import.meta.dirname, 'main.js');
const typed = typableCommand({
  node: realpathSync.native(process.execPath),
  program: realpathSync.native(main),
  found: { node: findProgram('node'), holdfast: findProgram('holdfast') },
});
const isRoot = process.geteuid?.() === 0;
const words = process.argv.slice(2);
const isDaemon = words[0] === 'serve';
const hasTerminal = [0, 1, 2].some(isatty);

// A command waits until its output is read; the daemon does not.
const out = isDaemon ? unblockedOutput(1, () => usualOutput('stdout')) : usualOutput('stdout');
const err = isDaemon ? unblockedOutput(2, () => usualOutput('stderr')) : usualOutput('stderr');

const daemon = createDaemonProcess({
  environment,
  version,
  pageFolder: join(import.meta.dirname, 'web'),
  out,
  err,
});
const watched = isDaemon ? undefined : watchOutput(process, tellLoss);

const parts: CommandLineParts = {
  ...watched,
  version,
  command: typed,
  out,
  err,
  terminal: () =>
    isatty(1) ? { columns: process.stdout.columns, hasColours: !environment.noColor } : undefined,
  progress: {
    columns: () => (isatty(2) && !environment.isDumb ? process.stderr.columns : undefined),
    beforeEnd,
  },
  secrets: environment.secrets,
  async whyDown() {
    const { whyDown } = await import('./cli/why-down.ts');
    return whyDown();
  },
  loadConfiguration,
  async adminSocket() {
    const { findAdminSocket } = await import('./config/find-admin-socket.ts');
    return findAdminSocket(environment.settings, () => loadConfiguration(undefined));
  },
  async openWitnesses({ witnesses, stateDir }) {
    const { openWitnesses } = await import('./witnesses/open-witnesses.ts');
    const { silentLog } = await import('./core/log.ts');
    const { lookOnly } = await import('./witnesses/look-only.ts');
    const file = (name: string) => lookOnly(join(stateDir, '.witnesses', `${name}.json`));
    return openWitnesses({ configurations: witnesses, file, log: silentLog, now: Date.now });
  },
  async fileSystemOf(path) {
    const { fileSystemOf } = await import('./cli/mesos/file-system.ts');
    return fileSystemOf(path);
  },
  async enginesWithOwn(name) {
    const { enginesWithOwn } = await import('./engines/own-volume.ts');
    const { createAsking } = await import('./engines/aside.ts');
    const { runningEngines } = await import('./engines/life.ts');
    return enginesWithOwn(createAsking(), name, await runningEngines());
  },
  async examine(loaded, socket) {
    const { openPatient } = await import('./daemon/open-patient.ts');
    const { examine } = await import('./doctor/examine.ts');
    const patient = await openPatient({
      loaded,
      isRoot,
      version,
      ...(socket === undefined ? {} : { socket }),
    });
    try {
      return await examine(patient);
    } finally {
      await patient.close();
    }
  },
  async recoverOffline(file, how) {
    const { requireRoot, usable } = await import('./cli/serve.ts');
    requireRoot(isRoot, 'recover');
    const { configuration } = usable(await loadConfiguration(file));
    const { recoverOffline } = await import('./daemon/recover-offline.ts');
    return recoverOffline({ configuration, ...(await daemon.openRecords(configuration, 'warn')) }, how);
  },
  async serve({ config, json }) {
    const { serveCommand } = await import('./cli/serve.ts');
    return serveCommand({
      load: () => loadConfiguration(config),
      isRoot,
      version,
      command: typed,
      form: json ? 'json' : 'text',
      say: (line) => out.write(`${line}\n`),
      start: (loaded) => daemon.start(loaded, () => loadConfiguration(config)),
      onSignal(handle) {
        for (const signal of stopSignals) process.on(signal, handle);
        if (hasTerminal) process.on(hangUp, () => handle(hangUp));
      },
      onReload(handle) {
        if (!hasTerminal) process.on(hangUp, handle);
      },
      forceExit: daemon.forceExit,
    });
  },
  surroundings: {
    isRoot,
    // Read when a command needs it: making Node's list of flags takes milliseconds.
    get command() {
      // Node 22.14 and later can disable the debugger signal from the start; for older ones, main.ts handles SIGUSR1.
      const isKnown = process.allowedNodeEnvironmentFlags.has('--disable-sigusr1');
      return [process.execPath, ...(isKnown ? ['--disable-sigusr1'] : []), main];
    },
    load: (file) => loadConfiguration(file, {}),
    ...thisMachine,
  },
};

function tellLoss(why: string): void {
  const form = words.includes('--json') ? 'json' : 'text';
  createPrinter(form, process.stdout, process.stderr).error('failed', `The output is lost: ${why}.`);
}

/** Node makes its streams when they are first asked for. */
function usualOutput(name: 'stdout' | 'stderr'): NodeJS.WriteStream {
  // The reader may be gone.
  return process[name].on('error', () => undefined);
}

/** The compiled code of this program, kept for its next start. */
interface KeptCode {
  readonly isKept: boolean;
  keep(run: 'start'): void;
}

/** Milliseconds: by then the daemon has started, and what the start ran is compiled. */
const keepDelay = 10_000;

/** Loads what `serve` runs. */
export async function loadDaemon(): Promise<void> {
  await Promise.all([
    import('./cli/serve.ts'),
    import('./cli/last-resort.ts'),
    import('./telemetry/create-log.ts'),
    import('./telemetry/create-audit.ts'),
    import('./host/native/end-process.ts'),
    import('./host/native/free-memory.ts'),
    import('./daemon/serve.ts'),
    loadConfiguration(undefined, {}),
  ]);
}

/** Runs the command of the arguments, and sets the exit code. */
export async function runProgram(code: KeptCode): Promise<void> {
  if (isDaemon && !code.isKept) setTimeout(() => code.keep('start'), keepDelay).unref();
  const exitCode = await runCommandLine(words, parts);
  process.exitCode = exitCode;
  if (exitCode !== 0 && environment.mode === 'managed' && isDaemon) {
    const { waitBeforeExit } = await import('./cli/wait-before-exit.ts');
    await waitBeforeExit(process);
  }
  // The daemon is closed. A handle left open by a library must not keep the process alive.
  if (isDaemon) await daemon.leave();
}

async function loadConfiguration(
  file: string | undefined,
  settings = environment.settings,
): Promise<LoadedConfiguration> {
  const { loadConfiguration: load } = await import('./config/load-configuration.ts');
  const { backends } = await import('./backends/index.ts');
  return load({ file, environment: settings, mode: environment.mode, backends });
}
