import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { callPlugin } from '../fakes/plugin-client.ts';
import { eventually } from '../lab/eventually.ts';
import { prepareDaemon } from '../lab/lone-daemon.ts';
import { alone } from '../lab/namespace.ts';
import { environment } from '../lab/run.ts';

/** Starts a program's daemon in a mount namespace of its own, and expects it to make and mount a volume by system calls. */
export async function mountsVolumes(program: readonly string[], folder: string): Promise<void> {
  const { words, socket } = await prepareDaemon(folder);
  const daemon = spawn('unshare', [...alone, ...program, ...words.slice(2)], {
    stdio: 'ignore',
    env: environment(),
  });
  try {
    const call = async (method: string, body: object) =>
      (await callPlugin(socket, `VolumeDriver.${method}`, { Name: 'db', ...body })).json;
    await eventually('it serves', async () => (await call('Create', {})) !== undefined);
    const mountpoint = join(folder, 'mnt/gold/db');
    expect(await call('Mount', { ID: 'a' })).toEqual({ Mountpoint: mountpoint });
    expect(await readFile(`/proc/${daemon.pid}/mountinfo`, 'utf8')).toContain(` ${mountpoint} `);
    expect(await readFile(`/proc/${daemon.pid}/maps`, 'utf8')).toContain('koffi.node');
    expect(await call('Unmount', { ID: 'a' })).toEqual({});
    expect(await call('Remove', {})).toEqual({});
  } finally {
    daemon.kill('SIGKILL');
    await once(daemon, 'exit');
  }
}
