import { describe, expect, test } from '@jest/globals';
import { createFakeCloud, createFakeEc2 } from '../../../fakes/ec2/fake-ec2.ts';
import { diskOf, type HostParts, holdersOf, live, openHost } from '../hosts.ts';

/** Somebody asked to detach it from A, for example in the EC2 console. A has it mounted, so it stays `busy`. */
async function stuckOnA(partsOfB: HostParts = {}) {
  const cloud = createFakeCloud();
  const a = await openHost(cloud, 'i-a');
  const b = await openHost(cloud, 'i-b', partsOfB);
  const volume = await a.create('db', { preempt: 'force' });
  await a.stage(volume);
  const { id } = diskOf(cloud);
  const ec2 = createFakeEc2(cloud);
  await ec2.detach(id, 'i-a', undefined, live);
  for (let look = 0; look < 3; look++) await ec2.volume(id, live);
  expect(holdersOf(cloud, volume)).toEqual(['i-a busy']);
  return { cloud, a, b, volume, id };
}

const words = 'it is being detached from i-a, which still has it in use \\(EC2 has it as busy\\)';

describe('a volume that is stuck in its detach', () => {
  test('is reported as stuck to a host that wants it, with what to check on the other host', async () => {
    const { b, volume, id } = await stuckOnA();
    const error: unknown = await b.stage(volume).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'in-use',
      message: expect.stringMatching(
        new RegExp(
          `its disk ${id} is stuck: ${words} \\(EC2 has instance i-a as running\\)\\. End what has it mounted`,
        ),
      ),
    });
    expect(String(error)).not.toMatch(/is attached to/);
  });
  test('is reported as stuck to a removal', async () => {
    const { cloud, b, volume } = await stuckOnA();
    await expect(b.backend.remove(volume, live)).rejects.toMatchObject({
      code: 'in-use',
      message: expect.stringMatching(
        new RegExp(`could not be removed: its disk vol-\\w+ is stuck: ${words}`),
      ),
    });
    const disk = diskOf(cloud);
    disk.attachments = [{ instanceId: 'i-a', device: '/dev/xvdba', state: 'detaching' }];
    disk.isStuck = true;
    await expect(b.backend.remove(volume, live)).rejects.toThrow(
      /is being detached from i-a: retry when that is done/,
    );
  });
  test('is reported as stuck when the wait for it times out', async () => {
    const giving = new AbortController();
    const { b, volume } = await stuckOnA({
      settings: { preempt: 'force' },
      onPause: (now) => void (now > 60_000 && giving.abort()),
    });
    await expect(b.stage(volume, giving.signal)).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringMatching(new RegExp(`did not become free in time: ${words}\\.`)),
    });
  });
  test('on this host is reported as stuck here', async () => {
    const giving = new AbortController();
    const { a, volume } = await stuckOnA();
    a.restart({ onPause: (now) => void (now > 60_000 && giving.abort()) });
    await expect(a.stage(volume, giving.signal)).rejects.toThrow(
      /did not become free in time: it is being detached from this host, which still has it in use/,
    );
  });
  test('is shown as stuck in the details', async () => {
    const { b, volume } = await stuckOnA();
    await b.backend.list(live);
    expect(b.backend.details(volume)).toMatchObject({ attachedTo: 'i-a (busy: stuck in its detach)' });
  });
  test('is free as soon as its user ends', async () => {
    const { a, b, volume } = await stuckOnA();
    await a.host.mounts.unmount(a.mountpoint(volume));
    await b.stage(volume);
  });
});
