import { formatSize } from '../../../core/sizes.ts';
import type { Volume } from '../../../core/volume.ts';
import type { Host } from '../../../host/host.ts';
import type { Growth, Modifications } from '../../backend.ts';
import { fsTypeOf } from '../../shared/file-system/format.ts';
import { mayGrowMounted } from '../../shared/file-system/grow.ts';
import type { Act } from '../act.ts';
import { foreseeModify, modifyVolume } from './modify.ts';

export function ebsGrowth(act: Act, { files }: Pick<Host, 'files'>): Growth {
  const doingOf = ({ name }: Volume) => `Volume ${name} could not be enlarged`;
  const sized = (bytes: number) => ({ size: formatSize(bytes) });
  return {
    kind: 'grows',
    manner: async (volume) =>
      fsTypeOf(volume) === 'xfs' || (await mayGrowMounted(files)) ? 'online' : 'offline',
    grow: (volume, bytes, mountpoint, signal) =>
      act(doingOf(volume), signal, (context) =>
        modifyVolume(context, volume, sized(bytes), mountpoint, doingOf(volume), signal),
      ),
    foresee: (volume, bytes, signal) =>
      act(doingOf(volume), signal, (context) =>
        foreseeModify(context, volume, sized(bytes), doingOf(volume), signal),
      ),
  };
}

export function ebsModifications(act: Act): Modifications {
  const doingOf = ({ name }: Volume) => `Volume ${name} could not be changed`;
  return {
    kind: 'modifies',
    when: 'always',
    modify: (volume, wanted, mountpoint, signal) =>
      act(doingOf(volume), signal, (context) =>
        modifyVolume(context, volume, wanted, mountpoint, doingOf(volume), signal),
      ),
    foresee: (volume, wanted, signal) =>
      act(doingOf(volume), signal, (context) =>
        foreseeModify(context, volume, wanted, doingOf(volume), signal),
      ),
  };
}
