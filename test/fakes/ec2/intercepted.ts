import type { Ec2Action } from '../../../src/backends/ebs/ec2/actions.ts';
import type { Ec2 } from '../../../src/backends/ebs/ec2/ec2.ts';

/** One request and its subject. */
export interface Ec2Call {
  readonly action: Ec2Action;
  readonly detail: string;
  readonly kind: 'effect' | 'look';
}

/** May run the call, skip it, or act before and after it. */
export type AroundEc2 = <T>(call: Ec2Call, run: () => Promise<T>) => Promise<T>;

/** The same EC2, but each request goes through `around`. */
export function interceptEc2(ec2: Ec2, around: AroundEc2): Ec2 {
  return {
    createVolume: (wanted, token, signal) =>
      around(effect('CreateVolume', token), () => ec2.createVolume(wanted, token, signal)),
    deleteVolume: (id, signal) => around(effect('DeleteVolume', id), () => ec2.deleteVolume(id, signal)),
    volume: (id, signal) => around(look('DescribeVolumes', id), () => ec2.volume(id, signal)),
    findVolumes: (filters, signal) =>
      around(look('DescribeVolumes', JSON.stringify(filters)), () => ec2.findVolumes(filters, signal)),
    findTagged: (filters, tag, signal) =>
      around(look('DescribeVolumes', JSON.stringify({ ...filters, [`tag:${tag.key}`]: [tag.value] })), () =>
        ec2.findTagged(filters, tag, signal),
      ),
    mayDo: (action, here, signal) => around(look(action, 'dry run'), () => ec2.mayDo(action, here, signal)),
    attach: (id, instanceId, device, signal) =>
      around(effect('AttachVolume', id, instanceId, device), () =>
        ec2.attach(id, instanceId, device, signal),
      ),
    detach: (id, instanceId, device, signal) =>
      around(effect('DetachVolume', id, instanceId), () => ec2.detach(id, instanceId, device, signal)),
    setTags: (ids, tags, signal) =>
      around(effect('CreateTags', ...ids, ...Object.keys(tags)), () => ec2.setTags(ids, tags, signal)),
    removeTags: (ids, keys, signal) =>
      around(effect('DeleteTags', ...ids, ...keys), () => ec2.removeTags(ids, keys, signal)),
    instance: (id, signal) => around(look('DescribeInstances', id), () => ec2.instance(id, signal)),
    attachLimit: (type, signal) =>
      around(look('DescribeInstanceTypes', type), () => ec2.attachLimit(type, signal)),
    copySnapshot: (source, description, tags, signal) =>
      around(effect('CopySnapshot', source.region, source.snapshotId), () =>
        ec2.copySnapshot(source, description, tags, signal),
      ),
    createSnapshot: (id, description, tags, signal) =>
      around(effect('CreateSnapshot', id), () => ec2.createSnapshot(id, description, tags, signal)),
    deleteSnapshot: (id, signal) =>
      around(effect('DeleteSnapshot', id), () => ec2.deleteSnapshot(id, signal)),
    findSnapshots: (filters, signal) =>
      around(look('DescribeSnapshots', JSON.stringify(filters)), () => ec2.findSnapshots(filters, signal)),
    modifyVolume: (id, wanted, signal) =>
      around(effect('ModifyVolume', id, JSON.stringify(wanted)), () => ec2.modifyVolume(id, wanted, signal)),
    modification: (id, signal) =>
      around(look('DescribeVolumesModifications', id), () => ec2.modification(id, signal)),
    snapshot: (id, signal) => around(look('DescribeSnapshots', id), () => ec2.snapshot(id, signal)),
    clock: () => ec2.clock(),
    requests: () => ec2.requests(),
    throttled: () => ec2.throttled(),
  };
}

function effect(action: Ec2Action, ...detail: readonly string[]): Ec2Call {
  return { action, detail: detail.join(' '), kind: 'effect' };
}

function look(action: Ec2Action, detail: string): Ec2Call {
  return { action, detail, kind: 'look' };
}
