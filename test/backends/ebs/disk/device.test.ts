import { describe, expect, test } from '@jest/globals';
import { machineFolders } from '../../../../src/backends/ebs/disk/candidates.ts';
import { type DeviceParts, findDevice, verifyDevice } from '../../../../src/backends/ebs/disk/device.ts';
import { createFakeDisk, type FakeSlot, plugIn } from '../../../fakes/host/disks.ts';
import { createFakeHost, createFakeState } from '../../../fakes/host/fake-host.ts';
import { byId, diskId, diskVolume, fastClock, otherSerial, serial } from './under-test.ts';

const signal = new AbortController().signal;

function machine(onPause?: (pause: number) => void) {
  const state = createFakeState();
  const { files } = createFakeHost(state);
  const parts: DeviceParts = { files, folders: machineFolders, clock: fastClock(onPause) };
  return {
    state,
    parts,
    plugIn: (slot: FakeSlot) => plugIn(state, createFakeDisk(1 << 30), slot),
    find: (requested = '/dev/xvdba', patience = 5_000) =>
      findDevice(parts, { volume: diskVolume(), diskId, requested }, patience, signal),
  };
}

describe('rule 22: the device of an attached volume', () => {
  test('is the requested one if there are no serial numbers (Xen)', async () => {
    const { plugIn, find } = machine();
    plugIn({ path: '/dev/xvdba' });
    const found = await find();
    expect(found).toEqual({ diskId, path: '/dev/xvdba', number: '259:1', bytes: 1 << 30 });
  });
  test('is xvdf if sdf was requested', async () => {
    const { plugIn, find } = machine();
    plugIn({ path: '/dev/xvdf' });
    expect(await find('/dev/sdf')).toMatchObject({ path: '/dev/xvdf' });
  });
  test.each(['', '-ns-1', '_1'])(
    "is the target of udev's link by its ID, even if that ends in %j",
    async (end) => {
      const { plugIn, find } = machine();
      plugIn({ path: '/dev/nvme1n1', serial: otherSerial });
      plugIn({ path: '/dev/nvme2n1', serial, links: [`${byId}${end}`] });
      expect(await find()).toMatchObject({ path: '/dev/nvme2n1', serial, number: '259:2' });
    },
  );
  test('is found by its serial number if there is no udev', async () => {
    const { plugIn, find } = machine();
    plugIn({ path: '/dev/nvme1n1', serial: otherSerial });
    plugIn({ path: '/dev/nvme2n1', serial: `${serial}   ` });
    expect(await find()).toMatchObject({ path: '/dev/nvme2n1', serial });
  });
  test('is waited for, with early checks', async () => {
    const pauses: number[] = [];
    const { plugIn, find } = machine((pause) => {
      pauses.push(pause);
      if (pauses.length === 5) plugIn({ path: '/dev/nvme1n1', serial, links: [byId] });
    });
    expect(await find()).toMatchObject({ path: '/dev/nvme1n1' });
    expect(pauses).toHaveLength(5);
    expect(pauses.reduce((sum, pause) => sum + pause)).toBeLessThan(200);
  });
  test('is searched in the configured folders', async () => {
    const { plugIn, parts } = machine();
    plugIn({ path: '/guest/dev/nvme1n1', serial, system: '/guest/sys' });
    const folders = { devices: '/guest/dev', system: '/guest/sys' };
    const wanted = { volume: diskVolume(), diskId, requested: '/dev/xvdba' };
    const found = await findDevice({ ...parts, folders }, wanted, 1000, signal);
    expect(found).toMatchObject({ path: '/guest/dev/nvme1n1', serial });
  });
});

describe('rule 22: not the device of the volume', () => {
  test('is one that only the kernel has, because /dev is not that of the host: the error says so', async () => {
    const { state, plugIn, find } = machine();
    plugIn({ path: '/dev/nvme1n1', serial });
    await createFakeHost(state).files.removeFile('/dev/nvme1n1');
    const refused = await find().catch((error) => error.message);
    expect(refused).toMatch(
      /\/dev\/nvme1n1 is missing, although the kernel has the disk: a container or managed/,
    );
    expect(refused).not.toContain('no NVMe disk');
  });
  test('is a disk that is merely new, or has the same size', async () => {
    const { plugIn, find } = machine((pause) => {
      if (pause < 20) plugIn({ path: `/dev/nvme${Math.round(pause)}n1`, serial: otherSerial });
    });
    await expect(find()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(
        /Volume db.*vol-0123456789abcdef0.*\/dev\/xvdba is missing; .*by-id.* is missing.*no NVMe disk has the serial number vol0123456789abcdef0/,
      ),
    });
  });
  test.each([
    ['the requested name', '/dev/xvdba'],
    ["udev's link by its ID", byId],
  ])('is the target of a stale %s: the error names both disks', async (_, link) => {
    const { plugIn, find } = machine();
    plugIn({ path: '/dev/nvme1n1', serial: otherSerial, links: [link] });
    await expect(find()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(
        `${link} leads to /dev/nvme1n1, which is another disk: its serial number is ${otherSerial}, not ${serial}`,
      ),
    });
  });
  test('is the target of a stale link if the disk itself exists', async () => {
    const { plugIn, find } = machine();
    plugIn({ path: '/dev/nvme1n1', serial: otherSerial, links: [byId] });
    plugIn({ path: '/dev/nvme2n1', serial });
    expect(await find()).toMatchObject({ path: '/dev/nvme2n1' });
  });
  test('is a link that leads out of the device folder', async () => {
    const { plugIn, find } = machine();
    plugIn({ path: '/elsewhere/disk', serial, links: [byId] });
    await expect(find()).rejects.toThrow(`${byId} leads to /elsewhere/disk, which is outside of /dev`);
  });
  test('is a device node in place of the link by ID', async () => {
    const { plugIn, find } = machine();
    plugIn({ path: byId });
    await expect(find()).rejects.toThrow(`${byId} is not a symlink`);
  });
  test('is a plain file, or a device whose disk is gone', async () => {
    const { state, parts, find } = machine();
    await createFakeHost(state).files.makeDirectory('/dev');
    await createFakeHost(state).files.writeText('/dev/xvdba', 'text', 'replace');
    await expect(find()).rejects.toThrow('/dev/xvdba is not a block device');
    plugIn(state, createFakeDisk(0), { path: '/dev/xvdf' });
    const wanted = { volume: diskVolume(), diskId, requested: '/dev/sdf' };
    await expect(findDevice(parts, wanted, 10, signal)).rejects.toThrow('/dev/xvdf has no disk behind it');
  });
});

describe('rules 22 and 26: a device that was found', () => {
  test('is refused once its name leads to another disk', async () => {
    const { state, parts, find } = machine();
    const slot = { path: '/dev/nvme1n1', serial };
    const unplug = plugIn(state, createFakeDisk(1 << 30), slot);
    const device = await find();
    await verifyDevice(parts, diskVolume(), device);
    unplug();
    await expect(verifyDevice(parts, diskVolume(), device)).rejects.toThrow(/was replaced.*is missing/);
    const unplugOther = plugIn(state, createFakeDisk(1 << 30), { ...slot, serial: otherSerial });
    await expect(verifyDevice(parts, diskVolume(), device)).rejects.toThrow(
      `is ${otherSerial}, not ${serial}`,
    );
    unplugOther();
    plugIn(state, createFakeDisk(1 << 30), slot);
    await expect(verifyDevice(parts, diskVolume(), device)).rejects.toThrow('another device now');
  });
  test('is not waited for after an abort, and the error says what was seen', async () => {
    const { parts } = machine();
    const wanted = { volume: diskVolume(), diskId, requested: '/dev/xvdba' };
    await expect(findDevice(parts, wanted, 60_000, AbortSignal.abort())).rejects.toMatchObject({
      code: 'timeout',
    });
  });
});
