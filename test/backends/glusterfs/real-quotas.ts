import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { Volume } from '../../../src/core/volume.ts';
import type { BackendSubject } from '../../contract/backend/subject.ts';
import { eventually } from '../../lab/eventually.ts';
import type { Cluster } from '../../lab/gluster/cluster.ts';

const mebibyte = 1024 ** 2;

/** Turns on the quotas of a Gluster volume, enforced at once. */
export async function enableQuotas(cluster: Cluster, volume = 'gv0'): Promise<void> {
  const gluster = (...args: readonly string[]) => cluster.peer(0).gluster('volume', ...args);
  await gluster('quota', volume, 'enable');
  // The other server refuses it until it has taken up what was just enabled.
  for (const timeout of ['features.soft-timeout', 'features.hard-timeout'])
    await eventually(`${timeout} is set`, () =>
      gluster('set', volume, timeout, '0').then(
        () => true,
        () => false,
      ),
    );
}

/** MiB that a writer of files of half a MiB can write before it is refused. */
export async function filled({ underTest: { host } }: BackendSubject, mountpoint: string): Promise<number> {
  const text = 'x'.repeat(mebibyte / 2);
  for (let count = 0; count < 64; count += 1) {
    const path = join(mountpoint, `${count}-${host.newId()}`);
    const error = await host.files.writeText(path, text, 'replace').then(
      () => undefined,
      (cause: unknown) => cause,
    );
    if (error === undefined) continue;
    expect(error).toMatchObject({ code: 'EDQUOT' });
    return count / 2;
  }
  throw new Error('nobody refuses it');
}

/** Bytes, as df shows it. */
export async function sizeAt({ underTest: { host } }: BackendSubject, mountpoint: string): Promise<number> {
  const { usedBytes, freeBytes } = await host.files.space(mountpoint);
  return usedBytes + freeBytes;
}

export async function grow(
  { backend: { growth }, signal }: BackendSubject,
  volume: Volume,
  size: number,
): Promise<Volume> {
  return growth.kind === 'none' ? volume : growth.grow(volume, size, undefined, signal);
}
