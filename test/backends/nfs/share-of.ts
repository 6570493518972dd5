import { createNfsShare, type NfsShareParts } from '../../../src/backends/nfs/share.ts';
import type { Share } from '../../../src/backends/shared/network-share/share.ts';
import { createFakeHost } from '../../fakes/host/fake-host.ts';

export function shareOf(parts: Partial<NfsShareParts> = {}): Share {
  const { network } = createFakeHost();
  return createNfsShare({
    network,
    now: () => 0,
    address: { server: 'nfs.example', path: '/srv/volumes' },
    version: '4.2',
    sec: undefined,
    mountOptions: [],
    ...parts,
  });
}
