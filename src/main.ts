#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Audit } from './backends/backend.ts';
import { runCommandLine } from './cli/run.ts';
import type { ServedDaemon, Usable } from './cli/serve.ts';
import { readEnvironment } from './config/environment.ts';
import type { LoadedConfiguration } from './config/load-configuration.ts';
import type { Log, LogLevel } from './core/log.ts';

/*
 * Argv in, exit code out. A command loads only what it needs: the configuration is for `serve`, `check` and `recover`,
 * the daemon for `serve` and `recover`.
 */
const environment = readEnvironment();
const version: string = JSON.parse(
  readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'),
).version;
const main = join(import.meta.dirname, 'main.js');
const isRoot = process.geteuid?.() === 0;
const words = process.argv.slice(2);

// Whoever read the output may be gone (`holdfast volume ls | head -1`); what was begun is still done.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const exitCode = await runCommandLine(words, {
  version,
  out: process.stdout,
  err: process.stderr,
  loadConfiguration,
  async adminSocket() {
    const { findAdminSocket } = await import('./config/find-admin-socket.ts');
    return findAdminSocket(environment.settings, () => loadConfiguration(undefined));
  },
  async openWitnesses({ witnesses, stateDir }) {
    const { openWitnesses } = await import('./witnesses/open-witnesses.ts');
    const { silentLog } = await import('./core/log.ts');
    const file = (name: string) => lookOnly(join(stateDir, '.witnesses', `${name}.json`));
    return openWitnesses({ configurations: witnesses, file, log: silentLog, now: Date.now });
  },
  async spaceOf(path) {
    const { statfs } = await import('node:fs/promises');
    const { blocks, bfree, bavail, bsize } = await statfs(path);
    return (blocks - bfree + bavail) * bsize;
  },
  async recoverOffline(file, how) {
    const { requireRoot, usable } = await import('./cli/serve.ts');
    requireRoot(isRoot, 'recover');
    const { configuration } = usable(await loadConfiguration(file));
    const { recoverOffline } = await import('./daemon.ts');
    return recoverOffline({ configuration, ...(await openRecords(configuration, 'warn')) }, how);
  },
  async serve({ config, json }) {
    const { serveCommand } = await import('./cli/serve.ts');
    return serveCommand({
      load: () => loadConfiguration(config),
      isRoot,
      version,
      form: json ? 'json' : 'text',
      say: (line) => process.stdout.write(`${line}\n`),
      start,
      onSignal(handle) {
        for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, handle);
      },
      forceExit: () => process.exit(1),
    });
  },
  surroundings: {
    isRoot,
    command: [process.execPath, main],
    load: (file) => loadConfiguration(file, {}),
    async mountTable() {
      const { parseMountTable } = await import('./host/mount-table.ts');
      return parseMountTable(readFileSync('/proc/self/mountinfo', 'utf8'));
    },
    async manager() {
      const { systemd } = await import('./install/service-manager.ts');
      return systemd();
    },
  },
});
process.exitCode = exitCode;
if (exitCode !== 0 && environment.mode === 'managed' && words[0] === 'serve') {
  const { waitBeforeExit } = await import('./cli/wait-before-exit.ts');
  await waitBeforeExit(process);
}
// The daemon is closed by now; a handle that some library keeps must not hold the process.
if (words[0] === 'serve') process.exit();

async function loadConfiguration(
  file: string | undefined,
  settings = environment.settings,
): Promise<LoadedConfiguration> {
  const { loadConfiguration: load } = await import('./config/load-configuration.ts');
  const { backends } = await import('./backends/index.ts');
  return load({ file, environment: settings, mode: environment.mode, backends });
}

/** A command shows what the daemon saw, where it may read that, and leaves it as it is. */
function lookOnly(path: string) {
  return {
    async read(): Promise<string | undefined> {
      const { readFile } = await import('node:fs/promises');
      return readFile(path, 'utf8').catch(() => undefined);
    },
    write: async () => undefined,
  };
}

async function start({ configuration, warnings }: Usable): Promise<ServedDaemon> {
  const { log, audit } = await openRecords(configuration, configuration.log.level);
  const { installLastResort } = await import('./cli/last-resort.ts');
  installLastResort(process, log, process.exit);
  for (const { place, message } of warnings) log.write('warn', 'configuration', { place, message });
  const { serve } = await import('./daemon.ts');
  return serve({ configuration, log, audit, environment, version });
}

async function openRecords(
  { log: { format }, stateDir }: Usable['configuration'],
  level: LogLevel,
): Promise<{ readonly log: Log; readonly audit: Audit }> {
  const { createLog } = await import('./telemetry/create-log.ts');
  const { createAudit } = await import('./telemetry/create-audit.ts');
  // An engine logs what a plugin writes to stderr as errors, all of it.
  const stream = environment.mode === 'managed' ? process.stdout : process.stderr;
  const log = createLog(
    { level, format },
    { stream, isTerminal: stream.isTTY, noColor: environment.noColor },
  );
  const { logWarnings } = await import('./cli/last-resort.ts');
  logWarnings(process, log);
  return { log, audit: createAudit({ log, file: join(stateDir, 'audit.log') }) };
}
