import { plugIn } from '../host/disks.ts';
import { find } from '../host/paths.ts';
import type { FakeState } from '../host/state.ts';
import type { FakeDisk } from '../host/tree.ts';

/** Makes an attached volume appear with its Xen name (`/dev/xvdba`), or its NVMe name and udev's links by ID. */
export function plugInto(
  host: FakeState,
  naming: 'xen' | 'nvme',
  device: string,
  { id, disk }: { readonly id: string; readonly disk: FakeDisk },
): () => void {
  if (naming === 'xen') return plugIn(host, disk, { path: device.replace('/dev/sd', '/dev/xvd') });
  const serial = id.replace('-', '');
  const link = `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${serial}`;
  return plugIn(host, disk, { path: freePath(host), serial, links: [link, `${link}-ns-1`] });
}

/** The root disk is the first. */
function freePath(host: FakeState): string {
  for (let number = 1; ; number++) {
    const path = `/dev/nvme${number}n1`;
    if (!find(host, path, 'keep')) return path;
  }
}
