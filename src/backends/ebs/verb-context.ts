import { withPrefix } from '../shared/storage-errors.ts';
import type { EbsContext } from './context.ts';
import type { Disk, Ec2 } from './ec2/ec2.ts';

/**
 * The same context for one verb. EC2's client and the metadata do not know for which volume they are asked, so the beginning of
 * the sentence is added to their VolumeErrors here. Disks seen on the way are remembered.
 */
export function forVerb(context: EbsContext, doing: string): EbsContext {
  return {
    ...context,
    whereabouts: (signal) => withPrefix(doing, () => context.whereabouts(signal)),
    ec2In: async (region) =>
      namedEc2(await withPrefix(doing, () => context.ec2In(region)), doing, () => undefined),
    ec2: async () => namedEc2(await withPrefix(doing, context.ec2), doing, context.seen.note),
  };
}

function namedEc2(ec2: Ec2, doing: string, note: (disk: Disk | undefined) => void): Ec2 {
  const named =
    <A extends readonly unknown[], T>(call: (...args: A) => Promise<T>) =>
    (...args: A): Promise<T> =>
      withPrefix(doing, () => call(...args));
  const noted = async <T extends Disk | undefined>(look: Promise<T>): Promise<T> => {
    const disk = await look;
    note(disk);
    return disk;
  };
  const allNoted = async (look: Promise<readonly Disk[]>): Promise<readonly Disk[]> => {
    const disks = await look;
    for (const disk of disks) note(disk);
    return disks;
  };
  return {
    createVolume: named((...asked) => noted(ec2.createVolume(...asked))),
    deleteVolume: named(ec2.deleteVolume),
    volume: named((...asked) => noted(ec2.volume(...asked))),
    findVolumes: named((...asked) => allNoted(ec2.findVolumes(...asked))),
    findTagged: named((...asked) => allNoted(ec2.findTagged(...asked))),
    attach: named(ec2.attach),
    detach: named(ec2.detach),
    setTags: named(ec2.setTags),
    removeTags: named(ec2.removeTags),
    instance: named(ec2.instance),
    attachLimit: named(ec2.attachLimit),
    copySnapshot: named(ec2.copySnapshot),
    createSnapshot: named(ec2.createSnapshot),
    deleteSnapshot: named(ec2.deleteSnapshot),
    snapshot: named(ec2.snapshot),
    findSnapshots: named(ec2.findSnapshots),
    modifyVolume: named(ec2.modifyVolume),
    modification: named(ec2.modification),
    mayDo: named(ec2.mayDo),
    clock: ec2.clock,
    requests: ec2.requests,
    throttled: ec2.throttled,
  };
}
