import { expect, test } from '@jest/globals';
import { parseSnapshotName } from '../../../../src/core/names.ts';
import type { Volume } from '../../../../src/core/volume.ts';
import { createFakeCloud, createFakeEc2 } from '../../../fakes/ec2/fake-ec2.ts';
import type { AroundEc2 } from '../../../fakes/ec2/intercepted.ts';
import { diskOf, type EbsHost, live, openHost } from '../hosts.ts';
import { readOn, rewrite, snapshotsOn, written } from './under-test.ts';

/** What another host does while this one waits, perhaps for hours, until EC2 has completed the snapshot. */
const meanwhile: Readonly<Record<string, (b: EbsHost, volume: Volume) => Promise<unknown>>> = {
  'rolls it back': async (b, volume) => {
    const [snapshot] = await snapshotsOn(b).list(volume, live);
    if (snapshot === undefined || !('id' in snapshot)) throw new Error('it is lost');
    return snapshotsOn(b).rollback(volume, snapshot, '00000000000fade6', live);
  },
  'removes it': (b, volume) => b.backend.remove(volume, live),
  'mounts it': (b, volume) => b.stage(volume),
};

test.each(Object.entries(meanwhile))(
  'a rollback gives up if another host %s while EC2 completes the snapshot',
  async (_, act) => {
    const cloud = createFakeCloud();
    const b = await openHost(cloud, 'i-b');
    let isWaiting = false;
    const a = await openHost(cloud, 'i-a', {
      around: async ({ action }, run) => {
        if (action === 'CreateVolume' && isWaiting) {
          isWaiting = false;
          await act(b, volume);
        }
        return run();
      },
    });
    const volume = await written(a, 'db', 'first');
    const old = diskOf(cloud, volume);
    const kept = { volume, createdAt: '2026-01-02T03:04:05.000Z', consistency: 'unmounted' } as const;
    const named = { name: parseSnapshotName('before'), id: '000000000000000a' };
    const snapshot = await snapshotsOn(a).take({ ...kept, ...named }, undefined, live);
    await rewrite(a, volume, 'second');
    // It has been idle for so long that it was detached.
    old.attachments.length = 0;
    isWaiting = true;
    const rolling = snapshotsOn(a).rollback(volume, snapshot, '00000000000fade5', live);
    await expect(rolling).rejects.toMatchObject({
      code: expect.stringMatching(/^(conflict|in-use)$/),
      message: expect.stringMatching(/^Volume db could not be rolled back: /),
    });
    await a.purge();
    const left = [...cloud.volumes.values()].filter(({ tags }) => tags['holdfast:state'] === 'next');
    expect(left).toEqual([]);
    // Each state of the data is a volume, or in the trash.
    const removed = await b.backend.listRemoved(live);
    const found = await b.backend.list(live);
    expect(removed.length + found.length).toBe(old.tags['holdfast:id'] === volume.id ? 1 : 2);
    for (const one of found) expect('id' in one && one.id).toBe(volume.id);
    if (found.length > 0) await b.backend.remove(volume, live).catch(() => b.unstage(volume));
    const texts: (string | undefined)[] = [];
    for (const [index, one] of removed.entries()) {
      const renamed = await b.backend.renameRemoved(one, `back-${index}` as never, live);
      texts.push(await readOn(b, await b.backend.undelete(renamed, live)));
    }
    if (removed.length > 0) expect(texts).toContain('second');
    else expect(await readOn(b, volume)).toBe('second');
  },
);

/** A pause is longer than all requests that others have under way. */
const onPause = () => new Promise<void>((resolve) => void setImmediate(resolve));

interface Claims {
  before?(): Promise<unknown>;
  after?(): Promise<unknown>;
}

/** `claims`: what happens around the request by which a rollback claims the volume. */
async function twoHosts(claims: Claims) {
  const cloud = createFakeCloud();
  const around: AroundEc2 = async ({ action, detail }, run) => {
    const isClaim = action === 'CreateTags' && detail.endsWith(' holdfast:kept');
    if (isClaim) await claims.before?.();
    const answer = await run();
    if (isClaim) await claims.after?.();
    return answer;
  };
  const a = await openHost(cloud, 'i-a', { onPause, around });
  const b = await openHost(cloud, 'i-b', { onPause, around });
  const volume = await written(a, 'db', 'first');
  const kept = { volume, createdAt: '2026-01-02T03:04:05.000Z', consistency: 'unmounted' } as const;
  const named = { name: parseSnapshotName('before'), id: '000000000000000a' };
  const snapshot = await snapshotsOn(a).take({ ...kept, ...named }, undefined, live);
  await rewrite(a, volume, 'second');
  diskOf(cloud, volume).attachments.length = 0;
  const rollBack = (on: EbsHost, keptAs: string) => snapshotsOn(on).rollback(volume, snapshot, keptAs, live);
  return { cloud, a, b, volume, rollBack };
}

test('of two hosts that roll a volume back at once, and find it free, one does', async () => {
  let claims = 0;
  let bothFound: () => void = () => undefined;
  const found = new Promise<void>((resolve) => {
    bothFound = resolve;
  });
  const before = async () => {
    claims += 1;
    if (claims === 2) bothFound();
    await found;
  };
  const { a, b, volume, rollBack } = await twoHosts({ before });
  const done = await Promise.allSettled([rollBack(a, '00000000000fade5'), rollBack(b, '00000000000fade6')]);
  const refused = done.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  expect(refused).toEqual([
    expect.objectContaining({ message: expect.stringContaining('another host is rolling it back') }),
  ]);
  expect(await b.backend.lookup(volume.name, live)).toMatchObject({ id: volume.id });
  expect(await a.backend.listRemoved(live)).toHaveLength(1);
});

test('a volume that another host attaches while a rollback claims it keeps its data', async () => {
  const claims: Claims = {};
  const { cloud, a, volume, rollBack } = await twoHosts(claims);
  const { id } = diskOf(cloud, volume);
  claims.after = () => createFakeEc2(cloud).attach(id, 'i-b', '/dev/sdx', live);
  const rolling = rollBack(a, '00000000000fade5');
  await expect(rolling).rejects.toMatchObject({ code: 'in-use', message: expect.stringContaining('i-b') });
  a.restart();
  await a.purge();
  expect([...cloud.volumes.keys()]).toEqual([id]);
  expect(await a.backend.lookup(volume.name, live)).toMatchObject({ id: volume.id });
});
