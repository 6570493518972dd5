import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { isatty } from 'node:tty';
import type { ServedDaemon, Usable } from '../cli/serve.ts';
import { ignoreSignals } from '../cli/signals.ts';
import type { Environment } from '../config/environment.ts';
import type { LoadedConfiguration } from '../config/load-configuration.ts';
import type { Audit } from '../core/audit.ts';
import type { Log, LogLevel } from '../core/log.ts';
import type { EndProcess } from '../host/native/end-process.ts';
import { collectAtRest } from '../launch/collect-at-rest.ts';
import { passedOn } from '../telemetry/unblocked-output.ts';

/** What of the daemon concerns its process: where it logs, and how it ends. */
export interface DaemonProcess {
  /** Opens the log and the audit log. */
  openRecords(configuration: Usable['configuration'], level: LogLevel): Promise<Records>;
  /** `load`: reads the configuration again. */
  start(loaded: Usable, load: () => Promise<LoadedConfiguration>): Promise<ServedDaemon>;
  /** Ends the process once its output was read, or soon. */
  leave(code?: typeof process.exitCode): Promise<void>;
  /** Ends the process now, whatever it does. */
  forceExit(): void;
}

interface Records {
  readonly log: Log;
  readonly audit: Audit;
}

export interface ProcessParts {
  readonly environment: Environment;
  readonly version: string;
  readonly pageFolder: string;
  readonly out: Writable;
  readonly err: Writable;
}

/** Milliseconds that the exit waits for the output to be read. */
const lastWordsPatience = 500;

export function createDaemonProcess(parts: ProcessParts): DaemonProcess {
  const { environment, version, pageFolder, out, err } = parts;
  /** Undefined until the daemon starts, and without koffi. */
  let endProcess: EndProcess | undefined;

  async function leave(code = process.exitCode): Promise<void> {
    await passedOn([out, err], lastWordsPatience);
    if (endProcess === undefined) process.exit(code);
    endProcess(Number(code ?? 0));
  }

  async function openRecords(
    { log: { format }, stateDir }: Usable['configuration'],
    level: LogLevel,
  ): Promise<Records> {
    const { createLog } = await import('../telemetry/create-log.ts');
    const { createAudit } = await import('../telemetry/create-audit.ts');
    // An engine logs everything that a plugin writes to stderr as an error.
    const isManaged = environment.mode === 'managed';
    const log = createLog(
      { level, format },
      { stream: isManaged ? out : err, isTerminal: isatty(isManaged ? 1 : 2), noColor: environment.noColor },
    );
    const { logWarnings } = await import('../cli/last-resort.ts');
    logWarnings(process, log);
    return { log, audit: createAudit({ log, file: { path: join(stateDir, 'audit.log') } }) };
  }

  return {
    openRecords,
    async start({ configuration, warnings }, load) {
      const { returnFreeMemory } = await import('../host/native/free-memory.ts');
      await returnFreeMemory();
      const { loadEndProcess } = await import('../host/native/end-process.ts');
      void loadEndProcess().then((end) => {
        endProcess = end;
      });
      const { log, audit } = await openRecords(configuration, configuration.log.level);
      const { installLastResort } = await import('../cli/last-resort.ts');
      installLastResort(process, log, leave);
      ignoreSignals(process, log);
      for (const { place, message } of warnings) log.write('warn', 'configuration', { place, message });
      const { serve } = await import('./serve.ts');
      const daemon = await serve({ configuration, log, audit, environment, version, pageFolder, load });
      collectAtRest();
      return daemon;
    },
    leave,
    // Without koffi: any exit code would have to wait.
    forceExit: () => (endProcess === undefined ? process.kill(process.pid, 'SIGKILL') : endProcess(1)),
  };
}
