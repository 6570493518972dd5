import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { VolumeError } from '../core/volume-error.ts';

/** The machine's systemd. */
export interface ServiceManager {
  /** Whether the machine was booted with systemd: see sd_booted(3). */
  isRunning(): boolean;
  /** Throws `failed` with systemctl's error message. */
  systemctl(...words: readonly string[]): Promise<void>;
}

/** Milliseconds; a start or a stop of the daemon takes seconds. */
const patience = 120_000;

export function systemd(): ServiceManager {
  return {
    isRunning: () => existsSync('/run/systemd/system'),
    systemctl: (...words) =>
      new Promise((resolve, reject) => {
        execFile('systemctl', words, { timeout: patience }, (error, _, stderr) => {
          if (error === null) resolve();
          else reject(failure(words, stderr.trim() || reasonOf(error)));
        });
      }),
  };
}

function reasonOf({ code, message }: { readonly code?: unknown; readonly message: string }): string {
  return code === 'ENOENT'
    ? 'systemctl is not installed; use --no-enable to write only the unit files'
    : message;
}

function failure(words: readonly string[], reason: string): VolumeError {
  return new VolumeError('failed', `systemctl ${words.join(' ')} failed: ${reason}`);
}
