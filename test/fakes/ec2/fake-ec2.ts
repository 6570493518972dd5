import type { Ec2Action } from '../../../src/backends/ebs/ec2/actions.ts';
import {
  type Disk,
  type Ec2,
  Ec2Error,
  type Filters,
  type WantedDisk,
} from '../../../src/backends/ebs/ec2/ec2.ts';
import { refuseAborted } from '../../../src/backends/shared/storage-errors.ts';
import { diskOf, type FakeCloud, type FakeMachine, type FakeVolume, fits } from './cloud.ts';
import { copyDisk } from './copy.ts';
import { type Ec2Call, interceptEc2 } from './intercepted.ts';
import { modificationCalls } from './modifications.ts';
import { refuseTags, snapshotCalls } from './snapshots.ts';

export { createFakeCloud, type FakeCloud } from './cloud.ts';

const gibibyte = 1024 ** 3;
/** EC2 in memory for one daemon; several can share one cloud. It refuses what AWS refuses. */
export function createFakeEc2(cloud: FakeCloud): Ec2 {
  const requests = new Map<string, number>();
  const ec2 = {
    ...looks(cloud),
    ...changes(cloud),
    ...snapshotCalls(cloud),
    ...modificationCalls(cloud),
    clock: () => undefined,
    requests: () => requests,
    throttled: () => new Map(),
  };
  return interceptEc2(ec2, async (call, run) => {
    requests.set(call.action, (requests.get(call.action) ?? 0) + 1);
    cloud.log.push(`${call.action} ${call.detail}`);
    failAsAsked(cloud, call, 'before');
    const answer = await run();
    failAsAsked(cloud, call, 'after');
    return answer;
  });
}

function failAsAsked({ faults }: FakeCloud, { action, detail }: Ec2Call, when: 'before' | 'after'): void {
  const index = faults.findIndex(
    (fault) => fault.when === when && fault.action === action && detail.includes(fault.about),
  );
  if (index >= 0) for (const fault of faults.splice(index, 1)) throw fault.error;
}

type Looks = Pick<Ec2, 'volume' | 'findVolumes' | 'findTagged' | 'instance' | 'attachLimit' | 'mayDo'>;

function looks(cloud: FakeCloud): Looks {
  const seen = (volume: FakeVolume) => {
    cloud.look(volume);
    return diskOf(volume);
  };
  const find = (filters: Filters) => {
    const count = Object.values(filters).flat().length;
    if (count > 200)
      throw refused('DescribeVolumes', 'FilterLimitExceeded', `${count} filter values, 200 at most`);
    return [...cloud.volumes.values()].filter((volume) => fits(volume, filters)).map(seen);
  };
  return {
    mayDo: async (action) => !cloud.forbidden.has(action),
    async volume(id, signal) {
      refuseAborted(signal, `The look at ${id}`);
      const volume = cloud.volumes.get(id);
      const disk = volume && seen(volume);
      return cloud.volumes.has(id) ? disk : undefined;
    },
    async findVolumes(filters, signal) {
      refuseAborted(signal, 'DescribeVolumes');
      return find(filters);
    },
    async findTagged(filters, { key, value }, signal) {
      refuseAborted(signal, 'DescribeVolumes');
      return find({ ...filters, [`tag:${key}`]: [value] });
    },
    async instance(id, signal) {
      refuseAborted(signal, 'DescribeInstances');
      const machine = cloud.machines.get(id);
      if (machine === undefined) return undefined;
      const { state, zone, type, names, startedAt } = machine;
      return { id, state, zone, type, devices: devicesOf(cloud, id), names, startedAt };
    },
    attachLimit: async () => ({ most: cloud.limits.attachments, isShared: true }),
  };
}

type Changes = Pick<Ec2, 'createVolume' | 'deleteVolume' | 'attach' | 'detach' | 'setTags' | 'removeTags'>;

function changes(cloud: FakeCloud): Changes {
  return {
    async createVolume(wanted, token, signal) {
      refuseAborted(signal, 'CreateVolume');
      return create(cloud, wanted, token);
    },
    async deleteVolume(id, signal) {
      refuseAborted(signal, 'DeleteVolume');
      const volume = cloud.volumes.get(id);
      if (volume === undefined) return;
      if (volume.attachments.length > 0) throw refused('DeleteVolume', 'VolumeInUse', `${id} is attached`);
      cloud.volumes.delete(id);
    },
    async attach(id, instanceId, device, signal) {
      refuseAborted(signal, 'AttachVolume');
      return attach(cloud, id, instanceId, device);
    },
    async detach(id, instanceId, device, signal) {
      refuseAborted(signal, 'DetachVolume');
      const volume = cloud.volumes.get(id);
      const [attachment] = volume?.attachments ?? [];
      if (volume === undefined || attachment?.instanceId !== instanceId) return;
      if (device !== undefined && attachment.device !== device) return;
      if (attachment.state === 'detaching' || attachment.state === 'busy') return;
      volume.attachments = [{ ...attachment, state: 'detaching' }];
      volume.looksLeft = cloud.looks;
      volume.isStuck = false;
    },
    async setTags(ids, tags, signal) {
      refuseAborted(signal, 'CreateTags');
      for (const item of taggable(cloud, 'CreateTags', ids)) {
        const all = { ...item.tags, ...tags };
        refuseTags(all, (code, message) => refused('CreateTags', code, message));
        item.tags = all;
      }
    },
    async removeTags(ids, keys, signal) {
      refuseAborted(signal, 'DeleteTags');
      for (const item of taggable(cloud, 'DeleteTags', ids)) {
        item.tags = Object.fromEntries(Object.entries(item.tags).filter(([key]) => !keys.includes(key)));
      }
    },
  };
}

function create(cloud: FakeCloud, wanted: WantedDisk, token: string): Disk {
  const no = (code: string, message: string) => refused('CreateVolume', code, message);
  const request = JSON.stringify(wanted);
  const known = cloud.tokens.get(token);
  if (known !== undefined && known.request !== request) throw no('IdempotentParameterMismatch', token);
  if (token.length > 64) throw no('InvalidParameterValue', 'the token has more than 64 characters');
  if (known !== undefined) return known.answer;
  if (cloud.volumes.size >= cloud.limits.volumes) throw no('VolumeLimitExceeded', 'no more volumes');
  if (!cloud.zones.includes(wanted.zone)) throw no('InvalidZone.NotFound', wanted.zone);
  const source = wanted.snapshotId === undefined ? undefined : cloud.snapshots.get(wanted.snapshotId);
  if (wanted.snapshotId !== undefined && !source) throw no('InvalidSnapshot.NotFound', wanted.snapshotId);
  if (source && source.state !== 'completed') throw no('IncorrectState', `${source.id} is ${source.state}`);
  const sizeGiB = wanted.sizeGiB ?? source?.sizeGiB;
  if (sizeGiB === undefined) throw no('MissingParameter', 'size or snapshot');
  if (source && sizeGiB < source.sizeGiB) throw no('InvalidParameterValue', 'smaller than the snapshot');
  if (wanted.kmsKeyId !== undefined && !wanted.encrypted) throw no('InvalidParameterDependency', 'kmsKeyId');
  refuseTags(wanted.tags, no);
  const { encrypted = false, ...rest } = wanted;
  const volume = cloud.addVolume({
    ...rest,
    sizeGiB,
    encrypted,
    state: 'creating',
    looksLeft: cloud.looks,
    ...(source && { disk: copyDisk(source.disk, sizeGiB * gibibyte) }),
  });
  const answer = diskOf(volume);
  cloud.tokens.set(token, { request, answer });
  return answer;
}

function attach(cloud: FakeCloud, id: string, instanceId: string, device: string): 'begun' | 'found' {
  const no = (code: string, message: string) => refused('AttachVolume', code, message);
  const volume = existing(cloud, 'AttachVolume', id);
  const machine = cloud.machines.get(instanceId);
  if (machine === undefined) throw no('InvalidInstanceID.NotFound', instanceId);
  if (volume.zone !== machine.zone) throw no('InvalidVolume.ZoneMismatch', `${volume.zone}, ${machine.zone}`);
  const [holder] = volume.attachments;
  if (holder?.instanceId === instanceId && ['attaching', 'attached'].includes(holder.state)) return 'found';
  if (holder !== undefined) throw no('VolumeInUse', `${id} is attached to ${holder.instanceId}`);
  if (volume.state !== 'available') throw no('IncorrectState', `${id} is ${volume.state}`);
  if (!isUp(machine)) throw no('IncorrectState', `${instanceId} is ${machine.state}`);
  const devices = devicesOf(cloud, instanceId);
  if (devices.has(device)) throw no('InvalidParameterValue', `${device} is already in use`);
  if (devices.size >= cloud.limits.attachments) throw no('AttachmentLimitExceeded', `${devices.size}`);
  volume.attachments = [{ instanceId, device, state: 'attaching' }];
  volume.state = 'in-use';
  volume.looksLeft = cloud.looks;
  // The name is different for EC2, but the slot is the same for the machine's kernel.
  if ([...devices.keys()].some((used) => slotOf(used) === slotOf(device))) volume.isStuck = true;
  return 'begun';
}

function isUp({ state }: FakeMachine): boolean {
  return state === 'running' || state === 'stopped';
}

/** `/dev/sdf` and `/dev/xvdf` are the same slot. */
function slotOf(device: string): string {
  return device.replace('/dev/sd', '/dev/xvd');
}

function devicesOf(cloud: FakeCloud, instanceId: string): ReadonlyMap<string, string> {
  const attachments = [...cloud.volumes.values()].flatMap(({ id, attachments: all }) =>
    all.filter((one) => one.instanceId === instanceId).map(({ device }) => [device, id] as const),
  );
  return new Map(attachments);
}

function taggable(cloud: FakeCloud, action: Ec2Action, ids: readonly string[]) {
  return ids.map((id) => cloud.snapshots.get(id) ?? existing(cloud, action, id));
}

function existing(cloud: FakeCloud, action: Ec2Action, id: string): FakeVolume {
  const volume = cloud.volumes.get(id);
  if (volume === undefined) throw refused(action, 'InvalidVolume.NotFound', `${id} does not exist`);
  return volume;
}

function refused(action: Ec2Action, code: string, message: string): Ec2Error {
  return new Ec2Error(action, code, message);
}
