import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { createFakeCloud } from '../../../fakes/ec2/fake-ec2.ts';
import { diskOf, type EbsHost, effects, type HostParts, holdersOf, openHost } from '../hosts.ts';

async function twoHosts(ofA: HostParts = {}, ofB: HostParts = {}) {
  const cloud = createFakeCloud();
  const a = await openHost(cloud, 'i-a', ofA);
  const b = await openHost(cloud, 'i-b', ofB);
  const volume = await a.create('db');
  return { cloud, a, b, volume };
}

const timesOf = (cloud: Parameters<typeof effects>[0], action: string) =>
  effects(cloud).filter((entry) => entry === action).length;

describe('a volume that moves', () => {
  test('has the same bytes on the other host', async () => {
    const { cloud, a, b, volume } = await twoHosts();
    await a.stage(volume);
    await a.write(volume, 'precious');
    await a.unstage(volume);
    expect(holdersOf(cloud, volume)).toEqual([]);
    await b.stage(volume);
    expect(await b.read(volume)).toBe('precious');
    expect(b.acts).toEqual([]);
    expect(a.acts.map(({ act }) => act)).toEqual(['format']);
  });
  test('is waited for if the other host unmounts it a little later', async () => {
    const hosts: EbsHost[] = [];
    let left = false;
    const { cloud, a, b, volume } = await twoHosts(
      {},
      {
        onPause: async (now) => {
          if (now < 8_000 || left) return;
          left = true;
          await hosts[0]?.unstage(volume);
        },
      },
    );
    hosts.push(a);
    await a.stage(volume);
    await a.write(volume, 'precious');
    await b.stage(volume);
    expect(await b.read(volume)).toBe('precious');
    expect(holdersOf(cloud, volume)).toEqual(['i-b attached']);
    expect(b.waited()).toBeLessThan(15_000);
  });
  test('is waited for 15 s plus the linger time of the other host', async () => {
    const plain = await twoHosts();
    await plain.a.stage(plain.volume);
    await expect(plain.b.stage(plain.volume)).rejects.toMatchObject({ code: 'in-use' });
    expect(plain.b.waited()).toBeGreaterThanOrEqual(15_000);
    expect(plain.b.waited()).toBeLessThan(20_000);
    const lingering = await twoHosts({}, { settings: { linger: '20s' } });
    await lingering.a.stage(lingering.volume);
    await expect(lingering.b.stage(lingering.volume)).rejects.toMatchObject({ code: 'in-use' });
    expect(lingering.b.waited()).toBeGreaterThanOrEqual(35_000);
  });
  test('goes to one of two hosts that mount it at once', async () => {
    const { cloud, a, b, volume } = await twoHosts();
    const outcomes = await Promise.allSettled([a.stage(volume), b.stage(volume)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const loser = outcomes.find(({ status }) => status === 'rejected');
    expect(loser).toMatchObject({ reason: { code: 'in-use' } });
    expect(holdersOf(cloud, volume)).toHaveLength(1);
  });
});

describe('rule 26: a host that returns', () => {
  /** A hibernated (its mounts are kept) while B took over the volume. */
  async function returned() {
    const { cloud, a, b, volume } = await twoHosts();
    await a.stage(volume);
    await a.write(volume, 'early');
    cloud.setMachineState('i-a', 'stopped');
    await b.stage(volume);
    cloud.setMachineState('i-a', 'running');
    return { cloud, a, b, volume };
  }
  test('detects its lost mount, and unmounts it before anything else', async () => {
    const { cloud, a, b, volume } = await returned();
    expect(await a.backend.isLost(volume, a.mountpoint(volume), AbortSignal.timeout(100_000))).toBe(true);
    const from = cloud.log.length;
    await expect(a.stage(volume)).rejects.toMatchObject({ code: 'in-use' });
    expect((await a.host.mounts.at(a.mountpoint(volume))).kind).toBe('bare');
    expect(cloud.log.slice(from).filter((entry) => !entry.startsWith('Describe'))).toEqual([]);
    expect(holdersOf(cloud, volume)).toEqual(['i-b attached']);
    expect(await b.read(volume)).toBe('early');
  });
  test('does not detach from the new holder what it unmounts', async () => {
    const { cloud, a, b, volume } = await returned();
    await a.unstage(volume);
    await a.purge();
    await a.purge();
    expect(holdersOf(cloud, volume)).toEqual(['i-b attached']);
    expect(await b.read(volume)).toBe('early');
  });
  test('can mount it again after the other has unmounted it', async () => {
    const { a, b, volume } = await returned();
    await b.write(volume, 'late');
    await b.unstage(volume);
    await a.stage(volume);
    expect(await a.read(volume)).toBe('late');
    expect(await a.backend.isLost(volume, a.mountpoint(volume), AbortSignal.timeout(100_000))).toBe(false);
  });
  test('never mistakes another disk for its own, even with the same device name', async () => {
    const { cloud, a, volume } = await returned();
    const other = await a.create('other');
    await a.stage(other);
    await a.write(other, 'other');
    expect(await a.host.files.realPath('/dev/nvme1n1')).toBe('/dev/nvme1n1');
    expect(await a.backend.isLost(volume, a.mountpoint(volume), AbortSignal.timeout(100_000))).toBe(true);
    await a.unstage(volume);
    expect(await a.read(other)).toBe('other');
    expect(holdersOf(cloud, other)).toEqual(['i-a attached']);
  });
});

describe('linger', () => {
  afterEach(() => void jest.useRealTimers());
  const settings = { linger: '30s' };

  test('keeps the disk attached, so that a mount within that time needs no attach', async () => {
    jest.useFakeTimers();
    const { cloud, a, volume } = await twoHosts({ settings });
    await a.stage(volume);
    await a.unstage(volume);
    await jest.advanceTimersByTimeAsync(29_000);
    await a.stage(volume);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(timesOf(cloud, 'AttachVolume')).toBe(1);
    expect(timesOf(cloud, 'DetachVolume')).toBe(0);
    expect(holdersOf(cloud, volume)).toEqual(['i-a attached']);
  });
  test('ends with a detach', async () => {
    jest.useFakeTimers();
    const { cloud, a, volume } = await twoHosts({ settings });
    await a.stage(volume);
    await a.unstage(volume);
    await a.purge();
    await a.purge();
    await jest.advanceTimersByTimeAsync(29_000);
    expect(holdersOf(cloud, volume)).toEqual(['i-a attached']);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(holdersOf(cloud, volume)).toEqual([]);
  });
  test('also ends if the daemon restarts meanwhile', async () => {
    jest.useFakeTimers();
    const { cloud, a, volume } = await twoHosts({ settings });
    await a.stage(volume);
    await a.unstage(volume);
    await a.backend.close();
    a.restart();
    await jest.advanceTimersByTimeAsync(60_000);
    await a.purge();
    expect(holdersOf(cloud, volume)).toEqual(['i-a attached']);
    await a.purge();
    expect(holdersOf(cloud, volume)).toEqual([]);
  });
});

describe('rules 19 and 20: a detach', () => {
  test('is not requested while the disk is mounted in another namespace, even if the unmount is repeated', async () => {
    const { cloud, a, volume } = await twoHosts();
    await a.stage(volume);
    a.state.use(a.mountpoint(volume), { pid: 77, command: 'postgres' });
    for (let count = 0; count < 3; count++)
      await expect(a.unstage(volume)).rejects.toMatchObject({ code: 'in-use' });
    await a.purge();
    await a.purge();
    expect(timesOf(cloud, 'DetachVolume')).toBe(0);
    a.state.release(a.mountpoint(volume));
    await a.unstage(volume);
    expect(holdersOf(cloud, volume)).toEqual([]);
  });
  test('names the instance, is awaited, and is never forced', async () => {
    const { cloud, a, volume } = await twoHosts();
    await a.stage(volume);
    await a.unstage(volume);
    expect(cloud.log.filter((entry) => entry.startsWith('DetachVolume'))).toEqual([
      `DetachVolume ${diskOf(cloud).id} i-a`,
    ]);
    expect(diskOf(cloud).state).toBe('available');
  });
  test('that fails is reported, and retried in the background', async () => {
    const { cloud, a, volume } = await twoHosts();
    await a.stage(volume);
    cloud.failNext('DetachVolume', new Error('EC2 is down'));
    await expect(a.unstage(volume)).rejects.toThrow('EC2 is down');
    expect((await a.host.mounts.at(a.mountpoint(volume))).kind).toBe('bare');
    await a.purge();
    cloud.failNext('DetachVolume', new Error('EC2 is down'));
    await a.purge();
    expect(holdersOf(cloud, volume)).toEqual(['i-a attached']);
    expect(a.events).toContain('detach-failed');
    await a.purge();
    expect(holdersOf(cloud, volume)).toEqual([]);
  });
  test('in the background never overlaps a mount, which waits for its end', async () => {
    let a: EbsHost | undefined;
    let mount: Promise<void> | undefined;
    const rig = await twoHosts({
      around: async ({ action }, run) => {
        if (action === 'DetachVolume') mount ??= a?.stage(rig.volume);
        return run();
      },
    });
    a = rig.a;
    await a.stage(rig.volume);
    await a.write(rig.volume, 'precious');
    await a.host.mounts.unmount(a.mountpoint(rig.volume));
    await a.purge();
    await a.purge();
    expect(mount).toBeDefined();
    await mount;
    expect(await a.read(rig.volume)).toBe('precious');
    expect(holdersOf(rig.cloud, rig.volume)).toEqual(['i-a attached']);
  });
  test('in the background skips what is being mounted', async () => {
    const idle = await twoHosts();
    await idle.a.stage(idle.volume);
    await idle.a.host.mounts.unmount(idle.a.mountpoint(idle.volume));
    await idle.a.purge();
    const [, purged] = await Promise.allSettled([idle.a.stage(idle.volume), idle.a.purge()]);
    expect(purged?.status).toBe('fulfilled');
    expect((await idle.a.host.mounts.at(idle.a.mountpoint(idle.volume))).kind).toBe('mounted');
    expect(holdersOf(idle.cloud, idle.volume)).toEqual(['i-a attached']);
  });
  test('also happens for a volume that was removed elsewhere while it was attached here', async () => {
    const { cloud, a, volume } = await twoHosts();
    await a.stage(volume);
    const disk = diskOf(cloud);
    disk.tags = {
      ...disk.tags,
      'holdfast:state': 'removed',
      'holdfast:removed': '2026-01-01T00:00:00.000Z',
      'holdfast:purge-after': '2026-01-02T00:00:00.000Z',
      'holdfast:kept': 'trash',
    };
    await a.unstage(volume);
    await a.purge();
    await a.purge();
    expect(holdersOf(cloud, volume)).toEqual([]);
  });
});
