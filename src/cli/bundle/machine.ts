import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { freemem, loadavg, totalmem, uptime } from 'node:os';

/** What a bundle reads from the host itself. */
export interface Machine {
  /** /proc/self/mountinfo */
  mountInfo(): Promise<string>;
  /** The last part of the service's log in systemd's journal. Rejects with journalctl's reason. */
  journal(signal: AbortSignal): Promise<string>;
  system(): Promise<object>;
  /** A small file. Rejects if it cannot be read. */
  read(path: string): Promise<string>;
}

const lines = 5000;

export const thisMachine: Machine = {
  mountInfo: () => readFile('/proc/self/mountinfo', 'utf8'),
  journal: (signal) =>
    new Promise((resolve, reject) => {
      const words = ['--unit=holdfast', `--lines=${lines}`, '--no-pager', '--output=short-iso-precise'];
      execFile('journalctl', words, { signal, maxBuffer: 64 * 1024 ** 2 }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(stderr.trim() || error.message, { cause: error }));
      });
    }),
  system: async () => ({
    kernel: (await readFile('/proc/version', 'utf8')).trim(),
    distribution: await readFile('/etc/os-release', 'utf8').catch(() => 'unknown'),
    node: process.version,
    architecture: process.arch,
    uptimeSeconds: Math.round(uptime()),
    load: loadavg(),
    memory: { bytes: totalmem(), freeBytes: freemem() },
  }),
  read: (path) => readFile(path, 'utf8'),
};
