import {
  type Ec2,
  Ec2Error,
  type Modification,
  type WantedChange,
} from '../../../src/backends/ebs/ec2/ec2.ts';
import { refuseAborted } from '../../../src/backends/shared/storage-errors.ts';
import type { FakeCloud, FakeVolume } from './cloud.ts';

/** "You can modify a volume up to four times within a rolling 24-hour period." */
const mostModifications = 4;
const day = 24 * 3_600_000;

/** A change is in force after some looks at it, and complete after as many more. */
export function modificationCalls(cloud: FakeCloud): Pick<Ec2, 'modifyVolume' | 'modification'> {
  return {
    async modifyVolume(id, wanted, signal) {
      refuseAborted(signal, 'ModifyVolume');
      const volume = cloud.volumes.get(id);
      if (volume === undefined) throw no('InvalidVolume.NotFound', `${id} does not exist`);
      volume.modification = begin(cloud, volume, wanted);
      volume.modified.push(cloud.time.now);
      volume.modificationLooks = cloud.looks;
      return volume.modification;
    },
    async modification(id, signal) {
      refuseAborted(signal, 'DescribeVolumesModifications');
      const volume = cloud.volumes.get(id);
      if (volume?.modification === undefined) return undefined;
      const now = volume.modification;
      settle(cloud, volume, now);
      return now;
    },
  };
}

function begin(cloud: FakeCloud, volume: FakeVolume, wanted: WantedChange): Modification {
  const { id, state, modification, modified } = volume;
  if (state !== 'available' && state !== 'in-use') throw no('IncorrectState', `${id} is ${state}`);
  if (modification?.state === 'modifying' || modification?.state === 'optimizing')
    throw no(
      'IncorrectModificationState',
      `${id} cannot be modified in modification state ${modification.state}`,
    );
  if (modified.filter((time) => cloud.time.now - time < day).length >= mostModifications)
    throw no('VolumeModificationRateExceeded', `${id} has reached the maximum modification rate`);
  const type = wanted.type ?? volume.type;
  const isSame = type === volume.type;
  const target = {
    sizeGiB: wanted.sizeGiB ?? volume.sizeGiB,
    type,
    ...defined('iops', wanted.iops ?? (isSame ? volume.iops : undefined)),
    ...defined('throughput', wanted.throughput ?? (isSame ? volume.throughput : undefined)),
  };
  if (target.sizeGiB < volume.sizeGiB)
    throw no('InvalidParameterValue', 'New size cannot be smaller than existing size');
  if (type !== 'gp3' && wanted.throughput !== undefined)
    throw no('InvalidParameterCombination', 'throughput');
  return { state: 'modifying', target, progress: 0, startedAt: cloud.time.now, says: '' };
}

function settle(cloud: FakeCloud, volume: FakeVolume, now: Modification): void {
  if (volume.isModificationStuck || volume.modificationLooks-- > 0) return;
  volume.modificationLooks = cloud.looks;
  if (now.state === 'modifying') {
    for (const key of ['iops', 'throughput'] as const)
      if (key in volume && !(key in now.target)) delete volume[key];
    Object.assign(volume, { ...now.target, modification: { ...now, state: 'optimizing', progress: 50 } });
    volume.disk.size = volume.sizeGiB * 1024 ** 3;
  } else if (now.state === 'optimizing') volume.modification = { ...now, state: 'completed', progress: 100 };
}

function defined<K extends string>(key: K, value: number | undefined) {
  return value === undefined ? {} : { [key]: value };
}

function no(code: string, message: string): Ec2Error {
  return new Ec2Error('ModifyVolume', code, message);
}
