import { Ec2Error, incorrectState, invalidValue } from '../api/ec2-error.ts';
import type { Parameters } from '../api/parameters.ts';
import { type Account, isoTime } from '../cloud/account.ts';
import type { Modification, Performance, Volume } from '../cloud/resources.ts';
import { checkedPerformance, volumeType } from '../cloud/volume-types.ts';
import type { Action, Answer } from './action.ts';
import { findVolume } from './find.ts';

/** "You can modify a volume up to four times within a rolling 24-hour period." */
const mostModifications = 4;
const day = 24 * 3600 * 1000;

export const modifyVolume: Action = {
  parameters: ['Iops', 'MultiAttachEnabled', 'Size', 'Throughput', 'VolumeId', 'VolumeType'],
  run: ({ account, parameters }) => {
    const volume = findVolume(account, parameters.required('VolumeId'));
    checkModifiable(volume, account.clock.now());
    const modification = parseModification(volume, parameters, account.clock.now());
    account.volumes.put(volume.id, {
      ...volume,
      modification,
      modified: [...volume.modified, modification.started],
    });
    account.clock.after(account.delays.modify, () => takeEffect(account, volume.id));
    return { volumeModification: modificationAnswer(volume.id, modification) };
  },
};

function checkModifiable(volume: Volume, now: number): void {
  if (volume.status !== 'available' && volume.status !== 'in-use') {
    throw incorrectState(`${volume.id} is not 'available'.`);
  }
  const state = volume.modification?.state;
  if (state === 'modifying' || state === 'optimizing') {
    throw new Ec2Error(
      'IncorrectModificationState',
      `Cannot modify volume ${volume.id}. It is currently in modification state ${state.toUpperCase()}.`,
    );
  }
  if (volume.modified.filter((time) => now - time < day).length < mostModifications) return;
  throw new Ec2Error(
    'VolumeModificationRateExceeded',
    "You've reached the maximum modification rate per volume limit. " +
      'Wait at least 6 hours between modifications per EBS volume.',
  );
}

function parseModification(volume: Volume, parameters: Parameters, started: number): Modification {
  const { gib, type, iops, throughput } = volume;
  const asked = parameters.text('VolumeType');
  const wished = asked === undefined ? type : volumeType(asked);
  const same = wished === type && type !== 'gp2';
  const to: Performance = checkedPerformance({
    gib: parameters.integer('Size') ?? gib,
    type: wished,
    iops: parameters.integer('Iops') ?? (same ? iops : undefined),
    throughput: parameters.integer('Throughput') ?? (same ? throughput : undefined),
  });
  if (to.gib < gib) throw invalidValue('New size cannot be smaller than existing size');
  return { state: 'modifying', from: { gib, type, iops, throughput }, to, started, ended: undefined };
}

async function takeEffect(account: Account, id: string): Promise<void> {
  const { to } = account.volumes.get(id)?.modification ?? {};
  if (!to) return;
  await account.disks.grow(id, to.gib);
  await account.attachments.resize(id);
  const volume = account.volumes.get(id);
  if (!volume?.modification) return;
  const modification: Modification = { ...volume.modification, state: 'optimizing' };
  account.volumes.put(id, { ...volume, ...to, modification });
  account.clock.after(account.delays.optimize, () => finish(account, id));
}

function finish(account: Account, id: string): void {
  const volume = account.volumes.get(id);
  if (!volume?.modification) return;
  const ended = account.clock.now();
  account.volumes.put(id, { ...volume, modification: { ...volume.modification, state: 'completed', ended } });
}

export function modificationAnswer(
  volumeId: string,
  { state, from, to, started, ended }: Modification,
): Answer {
  return {
    volumeId,
    modificationState: state,
    originalSize: from.gib,
    originalVolumeType: from.type,
    originalIops: from.iops,
    originalThroughput: from.throughput,
    originalMultiAttachEnabled: false,
    targetSize: to.gib,
    targetVolumeType: to.type,
    targetIops: to.iops,
    targetThroughput: to.throughput,
    targetMultiAttachEnabled: false,
    progress: { modifying: 0, optimizing: 50, completed: 100 }[state],
    startTime: isoTime(started),
    endTime: ended === undefined ? undefined : isoTime(ended),
  };
}
