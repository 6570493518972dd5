import { beforeAll, expect, test } from '@jest/globals';
import { copiesOf } from '../../contract/backend/copy-files.ts';
import { snapshotsOf } from '../../contract/backend/snapshots.ts';
import { type BackendSubject, createSubject } from '../../contract/backend/subject.ts';
import { interceptHost } from '../../fakes/intercepted-host.ts';
import { eventually } from '../../lab/eventually.ts';
import { realGluster } from '../../lab/gluster/cluster.ts';
import { useCluster } from '../../lab/gluster/use-cluster.ts';
import { describeWith } from '../../lab/requirements.ts';
import { quotaDirectories } from '../shared/network-share/under-test.ts';
import { onCluster } from './on-cluster.ts';
import { enableQuotas, filled, grow, sizeAt } from './real-quotas.ts';

const mebibyte = 1024 ** 2;
/** Milliseconds for which a proof counts. */
const minute = 60_000;

describeWith(realGluster, 'directory quotas of a real GlusterFS in trouble', () => {
  const cluster = useCluster();
  const gluster = (...args: readonly string[]) =>
    cluster()
      .peer(0)
      .gluster('volume', ...args);
  const testOn = (title: string, work: (subject: BackendSubject) => Promise<void>) =>
    test(title, async () => {
      const subject = createSubject(quotaDirectories, await onCluster(cluster));
      try {
        await work(subject);
      } finally {
        await subject.cleanUp();
      }
    });

  beforeAll(() => enableQuotas(cluster()));

  testOn(
    'a limit that was changed or removed is reported, and set again at once or at the next mount',
    async (subject) => {
      const volume = await subject.create('db', { subdir: 'team/db' });
      const mountpoint = await subject.stage(volume);
      const told = async () =>
        (await subject.backend.diagnose(subject.signal)).filter(({ level }) => level !== 'ok');
      expect(await told()).toEqual([]);
      await gluster('quota', 'gv0', 'limit-usage', '/team/db', '1GB');
      const warned = { level: 'warning', subject: 'directory quotas', evidence: expect.stringMatching(/db/) };
      expect(await told()).toMatchObject([warned]);
      await grow(subject, volume, 8 * mebibyte);
      expect(await told()).toEqual([]);
      await gluster('quota', 'gv0', 'remove', '/team/db');
      expect(await told()).toMatchObject([warned]);
      await subject.unstage(volume);
      // An equal limit above is not its own.
      await gluster('quota', 'gv0', 'limit-usage', '/team', '8MB');
      await subject.stage(volume);
      await gluster('quota', 'gv0', 'remove', '/team');
      expect(await sizeAt(subject, mountpoint)).toBe(8 * mebibyte);
      expect(await filled(subject, mountpoint)).toBeLessThan(9);
      await subject.unstage(volume);
    },
  );

  testOn('one brick down while sizes are set: it enforces them alone once it is healed', async (subject) => {
    const volume = await subject.create('db');
    await subject.write(volume, 'kept');
    await cluster().peer(1).killBrick();
    subject.advance(minute);
    const other = await subject.create('other');
    const grown = await grow(subject, volume, 12 * mebibyte);
    const { snapshots, planClone } = snapshotsOf(subject);
    const source = { kind: 'volume', volume: grown, mountpoint: undefined } as const;
    const copy = await snapshots.clone(planClone('copy', grown), source, subject.signal);
    await cluster().peer(1).startBrick();
    await cluster().healed();
    await cluster().peer(0).killBrick();
    for (const [limited, size] of [
      [grown, 12],
      [other, 8],
      [copy, 12],
    ] as const) {
      const mountpoint = await subject.stage(limited);
      expect(await sizeAt(subject, mountpoint)).toBe(size * mebibyte);
      const most = await filled(subject, mountpoint);
      expect(most).toBeGreaterThan(size - 1.5);
      expect(most).toBeLessThan(size + 1);
      await subject.unstage(limited);
    }
    expect(await subject.read(copy)).toBe('kept');
    await cluster().peer(0).startBrick();
    await cluster().healed();
  });

  testOn(
    'a brick that hangs while a copy gets its place shows the earlier name, by which no purge deletes the data',
    async (subject) => {
      const volume = await subject.create('db');
      await subject.write(volume, 'kept');
      const isPlaced = ({ name, detail }: { readonly name: string; readonly detail: string }) =>
        name === 'remote.rename' && /~next .*\/copy$/.test(detail);
      const host = interceptHost(subject.underTest.host, async (call, run) => {
        if (!isPlaced(call)) return run();
        await cluster().peer(1).pauseBrick();
        return run().finally(() => cluster().peer(1).resumeBrick());
      });
      const { snapshots } = subject.reopen({ host });
      if (snapshots.kind === 'none') throw new Error('it has them');
      const planned = snapshotsOf(subject).planClone('copy', volume);
      const source = { kind: 'volume', volume, mountpoint: undefined } as const;
      const copy = await snapshots.clone(planned, source, subject.signal);
      expect(await subject.read(copy)).toBe('kept');
      // To delete what is below the earlier name would be to delete the data.
      await subject.reopen().purge(subject.signal);
      expect(await subject.read(copy)).toBe('kept');
      // Healing had not taken the name away after 100 s, also not `gluster volume heal gv0 full` (10.3).
      expect(await copiesOf(subject.underTest).leftovers(copy)).toEqual(['~next']);
      expect(await subject.read(copy)).toBe('kept');
    },
  );

  testOn('files on different bricks are counted together', async (subject) => {
    const bricks = [0, 1].map((place) => cluster().peer(place).brick('spread'));
    await gluster('create', 'spread', ...bricks, 'force');
    await gluster('start', 'spread');
    await enableQuotas(cluster(), 'spread');
    const backend = subject.reopen({ settings: { volume: 'spread' } });
    const volume = await subject.create('db', {}, backend);
    const mountpoint = await subject.mountpointOf(volume);
    await backend.stage(volume, mountpoint, subject.signal);
    expect(await sizeAt(subject, mountpoint)).toBe(8 * mebibyte);
    const most = await filled(subject, mountpoint);
    expect(most).toBeGreaterThan(7);
    expect(most).toBeLessThan(9);
    await backend.unstage(volume, mountpoint, subject.signal);
  });

  testOn('without quotad, a Create and the doctor say what is missing', async (subject) => {
    const volume = await subject.create('db');
    for (const peer of cluster().peers) await peer.killQuotad();
    subject.advance(minute);
    const missing = /quotad does not run.*`gluster volume start gv0 force`/;
    // At first, a brick tries to reach it for a minute.
    await eventually('a Create says it', () =>
      subject.create('other').then(
        () => false,
        ({ message }: Error) => missing.test(message),
      ),
    );
    expect(await subject.backend.diagnose(subject.signal)).toContainEqual(
      expect.objectContaining({ level: 'failure', evidence: expect.stringMatching(missing) }),
    );
    await gluster('start', 'gv0', 'force');
    await eventually('it counts again', () =>
      subject.create('third').then(
        () => true,
        () => false,
      ),
    );
    const mountpoint = await subject.stage(volume);
    expect(await filled(subject, mountpoint)).toBeLessThan(9);
    await subject.unstage(volume);
  });
});
