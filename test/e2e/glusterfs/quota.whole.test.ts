import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from '@jest/globals';
import { describeWith } from '../../lab/requirements.ts';
import { inContainer } from '../containers.ts';
import { createVolume } from '../volumes.ts';
import { realGlusterHosts, useGlusterHosts } from './use-hosts.ts';

describeWith(realGlusterHosts, 'a volume with a directory quota', () => {
  const { cluster, host } = useGlusterHosts({ hosts: 2 });
  const gluster = (...args: readonly string[]) =>
    cluster()
      .peer(0)
      .gluster('volume', ...args);
  const quota = ['size=8MiB', 'sizeMode=quota'];

  beforeAll(async () => {
    await gluster('quota', 'gv0', 'enable');
    await gluster('set', 'gv0', 'features.soft-timeout', '0', 'features.hard-timeout', '0');
  });

  /** The files of half a MiB that a container on the host can write before it is refused. */
  async function filled(place: number, prefix: string): Promise<number> {
    const write = `dd if=/dev/zero of=/d/${prefix}$i bs=512k count=1 conv=fsync 2> /dev/null`;
    const loop = `i=0; while [ $i -lt 64 ] && ${write}; do i=$((i + 1)); done; echo $i`;
    return Number(await inContainer(host(place), ['db:/d'], loop));
  }
  const kibibytes = async (place: number, volume: string): Promise<number> => {
    const shown = await inContainer(host(place), [`${volume}:/d`], 'df -P -k /d | tail -n 1');
    return Number(shown.trim().split(/\s+/)[1]);
  };

  test('refuses a container at its size, is as large on another host, and lets it go on once it has grown', async () => {
    await createVolume(host(), 'db', ...quota);
    expect(await kibibytes(1, 'db')).toBe(8192);
    const first = await filled(0, 'first');
    expect(first).toBeGreaterThanOrEqual(14);
    expect(first).toBeLessThanOrEqual(18);
    await host(1).holdfast.command('volume', 'grow', 'db', '12MiB');
    expect(await kibibytes(0, 'db')).toBe(12_288);
    const all = first + (await filled(1, 'more'));
    expect(all).toBeGreaterThanOrEqual(22);
    expect(all).toBeLessThanOrEqual(26);
  });

  test('is whole or absent after a kill in the middle of its creation, and no client is left', async () => {
    for (const milliseconds of [50, 150, 300, 450]) {
      const name = `killed-${milliseconds}`;
      const creating = createVolume(host(), name, ...quota).catch(() => undefined);
      await sleep(milliseconds);
      await host().holdfast.kill();
      await creating;
      await host().holdfast.start();
      await createVolume(host(), name, ...quota);
      expect(await kibibytes(0, name)).toBe(8192);
    }
  });
});
