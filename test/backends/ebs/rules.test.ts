import { describe, expect, test } from '@jest/globals';
import { type Ec2, Ec2Error } from '../../../src/backends/ebs/ec2/ec2.ts';
import { mostTags } from '../../../src/backends/ebs/record/keys.ts';
import { parseVolumeName } from '../../../src/core/names.ts';
import { createFakeCloud, createFakeEc2 } from '../../fakes/ec2/fake-ec2.ts';
import type { Ec2Call } from '../../fakes/ec2/intercepted.ts';
import { diskOf, effects, type HostParts, holdersOf, live, openHost } from './hosts.ts';

async function oneHost(parts: HostParts = {}) {
  const cloud = createFakeCloud();
  const a = await openHost(cloud, 'i-a', parts);
  const tokens = () =>
    cloud.log.flatMap((entry) =>
      entry.startsWith('CreateVolume ') ? [entry.slice('CreateVolume '.length)] : [],
    );
  return { cloud, a, tokens };
}

/** While the index lags, a lookup by tag does not find new volumes. */
function laggingIndex() {
  const index = { lags: false };
  const isByTag = ({ action, detail }: Ec2Call) => action === 'DescribeVolumes' && detail.includes('tag:');
  const around: HostParts['around'] = async (call, run) => {
    const answer = await run();
    return index.lags && isByTag(call) && Array.isArray(answer)
      ? Object.assign(answer, { length: 0 })
      : answer;
  };
  return { index, around };
}

const refusal = (action: string, code: string) => new Ec2Error(action, code, `EC2 says ${code}`);

describe('create', () => {
  test('rule 1: has a token of 64 characters from driver and name, the same for the same plan', async () => {
    const { index, around } = laggingIndex();
    const { cloud, a, tokens } = await oneHost({ around });
    const plan = a.backend.plan(parseVolumeName('db'), { size: '1' });
    cloud.loseAnswer('CreateVolume', new Error('the answer was lost'));
    index.lags = true;
    await expect(a.backend.create(plan, live)).rejects.toThrow('the answer was lost');
    await a.backend.create(plan, live);
    expect(tokens()).toEqual([tokens()[0], tokens()[0]]);
    expect(tokens()[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(cloud.volumes.size).toBe(1);
  });
  test.each(['trash', 'delete'])(
    'rule 1: after a removal (%s), the name can be reused at once with another size, repeatedly',
    async (onRemove) => {
      const { cloud, a } = await oneHost({ settings: { onRemove } });
      for (const size of ['1', '2', '3', '4']) {
        const volume = await a.create('db', { size });
        expect(diskOf(cloud, volume).sizeGiB).toBe(Number(size));
        await a.backend.remove(volume, live);
      }
      // Each create waits one second for EC2. Trying out which token is free would take twenty.
      expect(a.waited()).toBeLessThan(10_000);
    },
  );
  test('rule 1: the same is true on a host that never saw the earlier ones', async () => {
    const { cloud, a } = await oneHost({ settings: { onRemove: 'delete' } });
    await a.backend.remove(await a.create('db'), live);
    const b = await openHost(cloud, 'i-b');
    const volume = await b.create('db', { size: '2' });
    expect(diskOf(cloud, volume).sizeGiB).toBe(2);
  });
  test('rule 1: the same is true, without a wait, on a host that saw the earlier ones', async () => {
    const { cloud, a } = await oneHost({ settings: { onRemove: 'delete' } });
    const b = await openHost(cloud, 'i-b');
    for (let round = 0; round < 3; round++) {
      const volume = await a.create('db');
      if (round === 2) await b.backend.list(live);
      await a.backend.remove(volume, live);
    }
    const volume = await b.create('db', { size: '2' });
    expect(diskOf(cloud, volume).sizeGiB).toBe(2);
    // It did not wait 20 s for any of the tokens.
    expect(b.waited()).toBeLessThan(5_000);
  });
  test('rule 1: a repeated call does not wait again for tokens that an abandoned call has waited for', async () => {
    const { cloud, a } = await oneHost({ settings: { onRemove: 'delete' } });
    for (let round = 0; round < 3; round++) await a.backend.remove(await a.create('db'), live);
    const giving = new AbortController();
    const b = await openHost(cloud, 'i-b', { onPause: (now) => void (now > 45_000 && giving.abort()) });
    const plan = b.backend.plan(parseVolumeName('db'), { size: '1' });
    await expect(b.backend.create(plan, giving.signal)).rejects.toMatchObject({ code: 'timeout' });
    const before = b.waited();
    await b.backend.create(plan, live);
    expect(b.waited() - before).toBeLessThan(30_000);
  });
  test('rule 1: a host forgets tokens before EC2 does', async () => {
    const { cloud, a, tokens } = await oneHost({ settings: { onRemove: 'delete' } });
    const volume = await a.create('db');
    a.state.clock.now += 12 * 3_600_000;
    await a.backend.list(live);
    await a.backend.remove(volume, live);
    cloud.tokens.clear();
    await a.create('db');
    expect(tokens()[1]).toBe(tokens()[0]);
  });
  test('rule 1: if two hosts create one name at once, one volume is created', async () => {
    const { index, around } = laggingIndex();
    const { cloud, a } = await oneHost({ around });
    const b = await openHost(cloud, 'i-b', {
      around,
      onPause: () => {
        index.lags = false;
      },
    });
    index.lags = true;
    await a.create('db');
    await expect(b.create('db')).rejects.toMatchObject({ code: 'conflict' });
    expect(cloud.volumes.size).toBe(1);
  });
  test('rule 2: is one request with all tags', async () => {
    const { cloud, a } = await oneHost({ settings: { tags: { team: 'blue' } } });
    const volume = await a.create('db');
    expect(effects(cloud)).toEqual(['CreateVolume']);
    expect(diskOf(cloud).tags).toMatchObject({ Name: 'db', team: 'blue', 'holdfast:id': volume.id });
  });
  test('rule 3: a name that exists twice is refused, and neither is touched', async () => {
    const { cloud, a } = await oneHost();
    const volume = await a.create('db');
    const twin = cloud.addVolume({ tags: { ...diskOf(cloud).tags, 'holdfast:id': '00000000000000ff' } });
    const both = new RegExp(`twice, as ${diskOf(cloud, volume).id} and ${twin.id}: neither was touched`);
    const from = effects(cloud).length;
    const refused = { code: 'conflict', message: expect.stringMatching(both) };
    await expect(a.backend.lookup(volume.name, live)).rejects.toMatchObject(refused);
    await expect(a.create('db')).rejects.toMatchObject(refused);
    await expect(a.backend.remove(volume, live)).rejects.toMatchObject(refused);
    expect(effects(cloud).slice(from)).toEqual([]);
  });
  test('rule 4: the volume limit is not an error if this volume itself reached it', async () => {
    const { index, around } = laggingIndex();
    const { cloud, a } = await oneHost({
      around,
      onPause: () => {
        index.lags = false;
      },
    });
    const plan = a.backend.plan(parseVolumeName('db'), { size: '1' });
    cloud.loseAnswer('CreateVolume', new Error('lost'));
    await expect(a.backend.create(plan, live)).rejects.toThrow('lost');
    index.lags = true;
    cloud.failNext('CreateVolume', refusal('CreateVolume', 'VolumeLimitExceeded'));
    expect(await a.backend.create(plan, live)).toEqual(plan);
    expect(cloud.volumes.size).toBe(1);
  });
  test('rule 4: the volume limit is an error if other volumes reached it', async () => {
    const { cloud, a } = await oneHost();
    cloud.limits.volumes = 0;
    await expect(a.create('db')).rejects.toThrow(/no more volumes/);
  });
  test('rule 5: a slow volume is not deleted, and the next call uses it', async () => {
    const giving = new AbortController();
    const { cloud, a } = await oneHost({ onPause: () => giving.abort() });
    cloud.looks = 5;
    const plan = a.backend.plan(parseVolumeName('db'), { size: '1' });
    await expect(a.backend.create(plan, giving.signal)).rejects.toMatchObject({ code: 'timeout' });
    const { id } = diskOf(cloud);
    await a.backend.discard(plan, live);
    expect(await a.backend.create(plan, live)).toEqual(plan);
    expect(diskOf(cloud).id).toBe(id);
  });
  test('rule 6: succeeds even if the tag index lags', async () => {
    const { index, around } = laggingIndex();
    const { cloud, a } = await oneHost({ around });
    index.lags = true;
    const volume = await a.create('db');
    await a.stage(volume);
    expect(await a.backend.lookup(volume.name, live)).toEqual(volume);
    expect(await a.backend.list(live)).toEqual([volume]);
    await expect(a.create('db')).rejects.toMatchObject({ code: 'conflict' });
    await a.unstage(volume);
    await a.backend.remove(volume, live);
    expect(diskOf(cloud).tags['holdfast:state']).toBe('removed');
  });
  test('rule 7: names are compared exactly, with upper and lower case, whatever a filter returns', async () => {
    const all: Awaited<ReturnType<Ec2['findVolumes']>>[] = [];
    const { cloud, a } = await oneHost({
      around: async (call, run) => {
        const answer = await run();
        const isByName = call.action === 'DescribeVolumes' && call.detail.includes('tag:holdfast:name');
        return isByName && Array.isArray(answer) ? Object.assign(answer, all[0]) : answer;
      },
    });
    const [small, large] = [await a.create('db'), await a.create('DB')];
    expect(diskOf(cloud, small).id).not.toBe(diskOf(cloud, large).id);
    all.push(await createFakeEc2(cloud).findVolumes({ status: ['available'] }, live));
    expect(await a.backend.lookup(parseVolumeName('DB'), live)).toEqual(large);
    expect(await a.backend.lookup(parseVolumeName('db'), live)).toEqual(small);
    expect(await a.backend.lookup(parseVolumeName('Db'), live)).toBeUndefined();
  });
  test('rule 7: a mistyped option is refused with the nearest valid name', async () => {
    const { a } = await oneHost();
    const plan = () => a.backend.plan(parseVolumeName('db'), { volumeTyp: 'gp3' });
    expect(plan).toThrow(/no option "volumeTyp"\. Did you mean "volumeType"\?/);
  });
  test("rule 8: the request contains the driver's encryption and key", async () => {
    const { cloud, a } = await oneHost({ settings: { kmsKeyId: 'alias/ours' } });
    const volume = await a.create('db');
    expect(diskOf(cloud, volume)).toMatchObject({ encrypted: true, kmsKeyId: 'alias/ours' });
    const plain = await a.create('plain', { encrypted: 'false' });
    expect(diskOf(cloud, plain)).toMatchObject({ encrypted: false });
  });
  test('rule 10: every call looks a name up by a filter on that name', async () => {
    const { cloud, a } = await oneHost();
    const volume = await a.create('db');
    const from = cloud.log.length;
    await a.backend.lookup(volume.name, live);
    await a.stage(volume);
    await a.unstage(volume);
    await a.backend.remove(volume, live);
    const looks = cloud.log.slice(from).filter((entry) => entry.startsWith('DescribeVolumes {'));
    expect(looks.length).toBeGreaterThanOrEqual(2);
    for (const look of looks) expect(look).toContain('"tag:holdfast:name":["db"]');
  });
  test('rule 12: requests in the background do not grow with the number of volumes', async () => {
    const askedBy = async (count: number) => {
      const { cloud, a } = await oneHost();
      for (let at = 0; at < count; at++) await a.create(`v${at}`);
      for (let at = 0; at < count / 2; at++) await a.stage(await a.create(`mounted${at}`));
      const from = cloud.log.length;
      for (let round = 0; round < 3; round++) {
        await a.backend.list(live);
        await a.backend.purge(live);
      }
      return cloud.log.slice(from).length;
    };
    expect(await askedBy(40)).toBe(await askedBy(2));
  });
  test('for a volume in state error, the message has the most likely reason', async () => {
    const { cloud, a } = await oneHost({
      around: async (call, run) => {
        const answer = await run();
        if (call.action === 'CreateVolume') diskOf(cloud).state = 'error';
        return answer;
      },
    });
    const volume = a.backend.plan(parseVolumeName('db'), { size: '1' });
    await expect(a.backend.create(volume, live)).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringMatching(/EC2 gave up vol-\w+.*kmsKeyId/),
    });
    await expect(a.stage(volume)).rejects.toThrow(/in state error/);
    // The name can be used again.
    await a.backend.discard(volume, live);
    expect(cloud.volumes.size).toBe(0);
  });
  test('a volume that somebody deleted meanwhile is an error at once', async () => {
    const { cloud, a } = await oneHost({
      around: async (call, run) => {
        const answer = await run();
        if (call.action === 'CreateVolume') cloud.volumes.clear();
        return answer;
      },
    });
    await expect(a.create('db')).rejects.toThrow(/somebody deleted it/);
    expect(a.waited()).toBeLessThan(60_000);
  });
});

describe('a volume with as many tags as EC2 allows', () => {
  const team = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`team-${at}`, 'x']));
  const wordy = { rootPath: Array.from({ length: 60 }, (_, at) => `option${at}`).join(',') };

  test('is removed, brought back and removed again', async () => {
    const { cloud, a } = await oneHost({ settings: { tags: team(32) } });
    const volume = await a.create('db', wordy);
    expect(Object.keys(diskOf(cloud).tags).length).toBeGreaterThanOrEqual(mostTags - 6);
    for (let round = 0; round < 2; round++) {
      await a.backend.remove(volume, live);
      const [removed] = await a.backend.listRemoved(live);
      if (removed) await a.backend.undelete(removed, live);
      expect(await a.backend.lookup(volume.name, live)).toEqual(volume);
    }
  });
  test('is refused at its creation if it could never be removed', async () => {
    const { cloud, a } = await oneHost({ settings: { tags: team(36) } });
    await expect(a.create('db', wordy)).rejects.toMatchObject({ code: 'invalid' });
    expect(cloud.volumes.size).toBe(0);
  });
  test('is not adopted if it could never be removed', async () => {
    const { cloud, a } = await oneHost();
    const disk = cloud.addVolume({ tags: team(37) });
    await expect(
      a.backend.create(a.backend.plan(parseVolumeName('db'), { volumeId: disk.id }), live),
    ).rejects.toThrow(/^Volume db could not be created: vol-\w+ has 37 tags, .* remove some from it\.$/);
    disk.tags = team(36);
    const volume = await a.backend.create(a.backend.plan(parseVolumeName('db'), { volumeId: disk.id }), live);
    await a.backend.remove(volume, live);
    expect(await a.backend.lookup(volume.name, live)).toBeUndefined();
  });
});

describe('attach', () => {
  const attached = async (parts: HostParts = {}) => {
    const rig = await oneHost(parts);
    const volume = await rig.a.create('db');
    return { ...rig, volume };
  };

  test('rule 15: is checked soon: one that is complete at the third check is seen before 5 s', async () => {
    const { cloud, a, volume } = await attached();
    const started = a.waited();
    cloud.looks = 2;
    await a.stage(volume);
    expect(a.waited() - started).toBeLessThan(5_000);
  });
  test('rule 16: a volume that is already attached here is used as it is', async () => {
    const { cloud, a, volume } = await attached();
    await a.stage(volume);
    await a.host.mounts.unmount(a.mountpoint(volume));
    await a.stage(volume);
    expect(effects(cloud).filter((action) => action === 'AttachVolume')).toHaveLength(1);
  });
  test('rule 17: one that takes 90 s is undone, and the next attempt uses another device name', async () => {
    let isStuck = true;
    const { cloud, a, volume } = await attached({
      around: async (call, run) => {
        const answer = await run();
        if (call.action === 'AttachVolume') diskOf(cloud).isStuck = isStuck;
        return answer;
      },
    });
    await expect(a.stage(volume)).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringMatching(/still being attached after 90 s\. It is being detached again: retry/),
    });
    expect(a.waited()).toBeGreaterThanOrEqual(90_000);
    expect(a.waited()).toBeLessThan(105_000);
    isStuck = false;
    await a.stage(volume);
    const names = cloud.log.flatMap((entry) => /^AttachVolume \S+ i-a (\S+)/.exec(entry)?.[1] ?? []);
    expect(new Set(names).size).toBe(2);
  });
  test('rule 18: a volume with several attachments is refused, and so is Multi-Attach', async () => {
    const { cloud, a, volume } = await attached();
    const disk = diskOf(cloud);
    disk.attachments = [
      { instanceId: 'i-b', device: '/dev/xvdba', state: 'attached' },
      { instanceId: 'i-a', device: '/dev/xvdba', state: 'attached' },
    ];
    disk.state = 'in-use';
    await expect(a.stage(volume)).rejects.toThrow(/several instances at once \(i-b, i-a\)/);
    disk.attachments = [];
    disk.state = 'available';
    disk.isMultiAttach = true;
    await expect(a.stage(volume)).rejects.toThrow(/Turn Multi-Attach off/);
    expect(effects(cloud)).toEqual(['CreateVolume']);
  });
  test('rule 21, error code InvalidParameterValue: a device name in use is replaced, and not tried again soon', async () => {
    const { cloud, a, volume } = await attached();
    cloud.failNext('AttachVolume', refusal('AttachVolume', 'InvalidParameterValue'), '/dev/xvdba');
    await a.stage(volume);
    expect(diskOf(cloud).attachments[0]?.device).toBe('/dev/xvdbb');
  });
  test('rule 21: on Xen, a volume is found under the requested device name', async () => {
    const cloud = createFakeCloud();
    const xen = await openHost(cloud, 'i-xen', { machine: { naming: 'xen' } });
    const volumes = [await xen.create('one'), await xen.create('two')];
    for (const volume of volumes) {
      await xen.stage(volume);
      await xen.write(volume, volume.name);
    }
    for (const volume of volumes) await xen.unstage(volume);
    for (const volume of volumes.toReversed()) await xen.stage(volume);
    expect(await Promise.all(volumes.map((volume) => xen.read(volume)))).toEqual(['one', 'two']);
  });
  test('rule 24, error code AttachmentLimitExceeded: the error names the limit and what uses it', async () => {
    const { cloud, a, volume } = await attached();
    cloud.limits.attachments = 2;
    const foreign = ['/dev/xvda', '/dev/sdf'].map((device) =>
      cloud.addVolume({ state: 'in-use', attachments: [{ instanceId: 'i-a', device, state: 'attached' }] }),
    );
    await expect(a.stage(volume)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(
        new RegExp(
          `\\(m5\\.large\\) takes 2, network interfaces and local disks included, and has ` +
            `${foreign[0]?.id} at /dev/xvda, ${foreign[1]?.id} at /dev/sdf\\. Unmount a volume here`,
        ),
      ),
    });
  });
  test("rule 24: the operator's own limit applies before EC2's", async () => {
    const { cloud, a, volume } = await attached({ settings: { attachLimit: 1 } });
    const other = await a.create('other');
    await a.stage(other);
    await expect(a.stage(volume)).rejects.toThrow(/takes 1 by the driver's attachLimit, and has vol-\w+ at/);
    expect(holdersOf(cloud, volume)).toEqual([]);
    await a.unstage(other);
    await a.stage(volume);
  });
  test.each(['VolumeInUse', 'IncorrectState', 'OperationNotPermitted'])(
    'error codes VolumeInUse, IncorrectState and OperationNotPermitted: after %s, the volume is described again',
    async (code) => {
      const { cloud, a, volume } = await attached();
      cloud.failNext('AttachVolume', refusal('AttachVolume', code));
      await a.stage(volume);
      expect(holdersOf(cloud, volume)).toEqual(['i-a attached']);
    },
  );
  test('that EC2 refuses permanently fails with EC2’s words, and nothing stays attached', async () => {
    const { cloud, a, volume } = await attached();
    for (let count = 0; count < 5; count++)
      cloud.failNext('AttachVolume', refusal('AttachVolume', 'IncorrectState'));
    await expect(a.stage(volume)).rejects.toThrow(/was not attached: .*EC2 says IncorrectState/);
    expect(holdersOf(cloud, volume)).toEqual([]);
  });
});

describe('a purge', () => {
  test('does not delete what another host has just brought back', async () => {
    const { cloud, a } = await oneHost();
    const b = await openHost(cloud, 'i-b', {
      around: async (call, run) => {
        const answer = await run();
        const isListOfRemoved = call.action === 'DescribeVolumes' && call.detail.includes('"removed"');
        if (isListOfRemoved) await a.backend.undelete({ volume, removedAt: volume.createdAt }, live);
        return answer;
      },
    });
    const volume = await a.create('db');
    await a.backend.remove(volume, live);
    b.state.clock.now += 25 * 3_600_000;
    expect(await b.backend.purge(live)).toEqual([]);
    expect(await a.backend.lookup(volume.name, live)).toEqual(volume);
  });
});
