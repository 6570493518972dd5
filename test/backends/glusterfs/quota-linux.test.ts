import { expect, test } from '@jest/globals';
import { describeBackend } from '../../contract/backend/contract.ts';
import { createSubject } from '../../contract/backend/subject.ts';
import { realGluster } from '../../lab/gluster/cluster.ts';
import { useCluster } from '../../lab/gluster/use-cluster.ts';
import { isWhole } from '../../lab/jest/whole.ts';
import { describeWith } from '../../lab/requirements.ts';
import { quotaDirectories } from '../shared/network-share/under-test.ts';
import { onCluster } from './on-cluster.ts';
import { enableQuotas, filled, grow, sizeAt } from './real-quotas.ts';

const mebibyte = 1024 ** 2;

describeWith(realGluster, 'directory quotas of a real GlusterFS', () => {
  const cluster = useCluster();
  const gluster = (...args: readonly string[]) =>
    cluster()
      .peer(0)
      .gluster('volume', ...args);
  const saying = (words: RegExp) => ({ code: 'unavailable', message: expect.stringMatching(words) });
  const refused = saying(/gluster volume quota gv0 enable.*features.quota-deem-statfs on/);
  const refusedAsLate = saying(/run `gluster volume set gv0 features.soft-timeout 0`/);

  test('are proven to be enforced at once, or the size is refused', async () => {
    const subject = createSubject(quotaDirectories, await onCluster(cluster));
    try {
      await expect(subject.create('off')).rejects.toMatchObject(refused);
      await gluster('quota', 'gv0', 'enable');
      await expect(subject.create('late')).rejects.toMatchObject(refusedAsLate);
      await gluster('set', 'gv0', 'features.soft-timeout', '0');
      await expect(subject.create('soft')).rejects.toMatchObject(refusedAsLate);
      await gluster('set', 'gv0', 'features.hard-timeout', '0', 'features.quota-deem-statfs', 'off');
      await expect(subject.create('unseen')).rejects.toMatchObject(refused);
      await gluster('set', 'gv0', 'features.quota-deem-statfs', 'on');
      await subject.create('db');
      await subject.create('other');
      expect(await subject.names()).toEqual(['db', 'other']);
    } finally {
      await subject.cleanUp();
    }
  });

  test('refuse a writer near the limit, show it to other hosts, and let it go on once it has grown', async () => {
    const subject = createSubject(quotaDirectories, await onCluster(cluster));
    try {
      const volume = await subject.create('db');
      const mountpoint = await subject.stage(volume);
      const first = await filled(subject, mountpoint);
      expect(first).toBeGreaterThan(7);
      expect(first).toBeLessThan(9);
      const grown = await grow(subject, volume, 12 * mebibyte);
      const more = await filled(subject, mountpoint);
      expect(first + more).toBeGreaterThan(11);
      expect(first + more).toBeLessThan(13);
      await expect(grow(subject, grown, 4 * mebibyte)).rejects.toMatchObject({ code: 'invalid' });
      await subject.unstage(grown);
      const elsewhere = subject.underTest.makeBackendElsewhere?.();
      // This host's cache has the earlier size.
      await elsewhere?.stage(volume, mountpoint, subject.signal);
      expect(await sizeAt(subject, mountpoint)).toBe(12 * mebibyte);
      await subject.unstage(volume);
    } finally {
      await subject.cleanUp();
    }
  });

  if (!isWhole) return;

  test('stay through a restart of the servers and the trash, and are missed once they are off', async () => {
    const subject = createSubject(quotaDirectories, await onCluster(cluster));
    try {
      const volume = await subject.create('db');
      await cluster().peer(1).stop();
      await cluster().peer(1).start();
      await cluster().healed();
      await subject.backend.remove(volume, subject.signal);
      const [removed] = await subject.removed();
      if (removed === undefined) throw new Error('it is lost');
      await subject.backend.undelete(removed, subject.signal);
      const mountpoint = await subject.stage(volume);
      expect(await sizeAt(subject, mountpoint)).toBe(8 * mebibyte);
      await subject.unstage(volume);
      await gluster('quota', 'gv0', 'disable');
      subject.advance(60_000);
      await expect(subject.stage(volume)).rejects.toMatchObject(refused);
      const findings = await subject.backend.diagnose(subject.signal);
      expect(findings).toContainEqual(
        expect.objectContaining({ level: 'failure', subject: 'directory quotas' }),
      );
      await enableQuotas(cluster());
      await subject.stage(volume);
      expect(await sizeAt(subject, mountpoint)).toBe(8 * mebibyte);
      await subject.unstage(volume);
    } finally {
      await subject.cleanUp();
    }
  });

  describeBackend('GlusterFS directories with quotas', quotaDirectories, () => onCluster(cluster));
});
