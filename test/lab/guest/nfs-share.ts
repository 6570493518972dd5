import type { Guest } from './guest.ts';

/** A guest's folder for an export: a separate file system on an image in the guest's folder, so it survives a power failure. */
export interface Share {
  readonly path: string;
  /** Leaves no space for another byte. */
  fill(): Promise<void>;
  /** Frees the space that `fill` used. */
  empty(): Promise<void>;
}

export interface ShareSettings {
  /** Below /srv. */
  readonly name: string;
  /** In the format of truncate(1); default: 64M. */
  readonly size?: string;
  /** Default: ext4. Files share blocks on xfs, which needs 300M. */
  readonly type?: 'ext4' | 'xfs';
  /** It enforces project quotas. */
  readonly quotas?: 'projects';
}

const makers = { ext4: 'mkfs.ext4 -q -b 4096 -m 0', xfs: 'mkfs.xfs -q' };
/** ext4 needs them from the beginning. */
const makersWithQuotas = { ...makers, ext4: `${makers.ext4} -O quota,project -E quotatype=prjquota` };

/** Creates it, or mounts it again after a boot. */
export async function createShare(
  guest: Guest,
  { name, size = '64M', type = 'ext4', quotas }: ShareSettings,
): Promise<Share> {
  const path = `/srv/${name}`;
  const image = `${guest.folder}/${name}.img`;
  const make = (quotas === undefined ? makers : makersWithQuotas)[type];
  const options = quotas === undefined ? 'loop' : 'loop,prjquota';
  const script = `
    [ -e "${image}" ] || { truncate -s "${size}" "${image}"; ${make} "${image}"; }
    mkdir -p "${path}"
    mount -o "${options}" "${image}" "${path}"`;
  await guest.output('sh', ['-ec', script]);
  const filler = `${path}/.full`;
  return {
    path,
    fill: async () => {
      // A large file leaves some blocks free; small files fill them.
      const one = `mkdir -p "${filler}"; cat /dev/zero > "${filler}/0"; sync "${filler}/0"`;
      const more = `n=1; while echo x > "${filler}/$n" && sync "${filler}/$n"; do n=$((n + 1)); done`;
      await guest.run('sh', ['-c', `${one}; ${more}`]);
    },
    empty: async () => void (await guest.output('rm', ['-rf', filler])),
  };
}
