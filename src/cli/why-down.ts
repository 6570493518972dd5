import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { lastErrorIn } from '../doctor/last-error.ts';
import { serviceUnit } from '../doctor/lines.ts';

/** What a host knows about a daemon that does not answer. */
export interface Down {
  /** The command that starts it. */
  readonly start?: string;
  /** The last error in its log. */
  readonly lastError?: string;
}

/** Milliseconds. */
const patience = 1000;
const lines = 200;

/** Knows the service that `holdfast install` made; nothing if there is none, or if this user may not read its journal. */
export async function whyDown(): Promise<Down> {
  const isService = existsSync(serviceUnit) && existsSync('/run/systemd/system');
  if (!isService) return {};
  const lastError = lastErrorIn(await journal());
  return { start: 'systemctl start holdfast', ...(lastError === undefined ? {} : { lastError }) };
}

function journal(): Promise<string> {
  const words = ['--unit=holdfast', `--lines=${lines}`, '--no-pager', '--output=cat'];
  return new Promise((resolve) => {
    execFile('journalctl', words, { timeout: patience }, (error, stdout) =>
      resolve(error === null ? stdout : ''),
    );
  });
}
