import { readFileSync } from 'node:fs';
import { createAdminClient } from '../cli/admin-client.ts';
import type { Usable } from '../cli/serve.ts';
import type { Configuration } from '../config/configuration.ts';
import type { Finding } from '../core/finding.ts';
import { field, listField, textField } from '../core/json.ts';
import { silentLog } from '../core/log.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { DaemonSeen, Patient, StorageSeen } from '../doctor/check.ts';
import { createSystem } from '../doctor/system.ts';
import { createAsking } from '../engines/aside.ts';
import { presentEngines } from '../engines/life.ts';
import type { Host } from '../host/host.ts';
import { createLinuxHost } from '../host/linux-host.ts';
import { parseMountTable } from '../host/mounts/table.ts';
import { openBackend } from './drivers/open.ts';

export interface PatientParts {
  readonly loaded: Usable;
  /** Default: the configured one. */
  readonly socket?: string;
  readonly isRoot: boolean;
  readonly version: string;
}

/** This machine, for `holdfast doctor`. */
export async function openPatient(parts: PatientParts): Promise<Patient & { close(): Promise<void> }> {
  const { configuration, warnings } = parts.loaded;
  if (!parts.isRoot) {
    const message = 'The doctor looks at what only root may see: run it as `sudo holdfast doctor`.';
    throw new VolumeError('failed', message);
  }
  const host = await createLinuxHost({ systemCalls: 'auto' });
  const daemon = await seeDaemon(parts.socket ?? configuration.adminSocket);
  return {
    configuration,
    warnings,
    version: parts.version,
    daemon,
    system: createSystem(host, async () => parseMountTable(readFileSync('/proc/self/mountinfo', 'utf8'))),
    engines: await presentEngines(),
    ask: createAsking(),
    diagnose: (signal) => (daemon.isUp ? askDaemon(daemon) : diagnoseHere(configuration, host, signal)),
    close: () => host.close(),
  };
}

async function seeDaemon(socket: string): Promise<DaemonSeen> {
  const client = createAdminClient(socket);
  const isUp = await client.isAnswered();
  return { socket, isUp, ask: (path) => client.ask('GET', path) };
}

async function askDaemon(daemon: DaemonSeen): Promise<readonly StorageSeen[]> {
  const answer = await daemon.ask('/v1/diagnosis');
  return listField(answer, 'drivers').map((driver) => ({
    driver: textField(driver, 'driver'),
    findings: listField(driver, 'findings').map((finding): Finding => {
      const level = textField(finding, 'level');
      const mend = field(finding, 'mend');
      return {
        level: level === 'ok' || level === 'warning' ? level : 'failure',
        subject: textField(finding, 'subject'),
        evidence: textField(finding, 'evidence'),
        ...(typeof mend === 'string' ? { mend } : {}),
      };
    }),
  }));
}

/** While no daemon runs: what is mounted for it is taken down again. */
async function diagnoseHere(
  configuration: Configuration,
  host: Host,
  signal: AbortSignal,
): Promise<readonly StorageSeen[]> {
  const parts = { configuration, log: silentLog, audit: () => undefined };
  return Promise.all(
    Array.from(configuration.drivers, async ([driver, configured]) => {
      const backend = openBackend(driver, configured, parts, { host, witnesses: new Map() });
      try {
        return { driver, findings: await backend.diagnose(signal) };
      } finally {
        await backend.close();
      }
    }),
  );
}
