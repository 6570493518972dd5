import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { hasCode } from '../../../../src/host/system-error.ts';
import { output, run } from '../../run.ts';

export interface Loop {
  /** `/dev/loop7` is 7. */
  readonly number: number;
  isHeld(): Promise<boolean>;
  resize(): Promise<void>;
  /** Detaches it now, or as soon as it is no longer mounted. */
  release(): Promise<void>;
}

/** The device detaches by itself when this process ends, however it ends. */
export async function attachLoop(file: string): Promise<Loop> {
  const path = await firstFree(file);
  const handle = await open(path, constants.O_RDONLY);
  // While it is open, this only marks the device to be detached by the last close.
  await output('losetup', ['--detach', path]);
  return {
    number: Number(path.replace(/^\D+/, '')),
    isHeld: () => isHeld(path),
    resize: async () => {
      await output('losetup', ['--set-capacity', path]);
    },
    release: () => handle.close(),
  };
}

/** Another process may take the device that losetup found. */
async function firstFree(file: string, attempts = 10): Promise<string> {
  const { exitCode, stdout, stderr } = await run('losetup', ['--find', '--show', file]);
  if (exitCode === 0) return stdout.trim();
  if (attempts === 1) throw new Error(`losetup found no device for ${file}: ${stderr.trim()}`);
  return firstFree(file, attempts - 1);
}

/** A mounted block device cannot be opened exclusively (open(2): O_EXCL without O_CREAT) in any namespace. */
async function isHeld(path: string): Promise<boolean> {
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_EXCL);
    await handle.close();
    return false;
  } catch (error) {
    if (hasCode(error, 'EBUSY')) return true;
    throw error;
  }
}
