import { VolumeError } from '../../../core/volume-error.ts';
import type { Host } from '../../../host/host.ts';
import { withPrefix } from '../../shared/storage-errors.ts';

export interface SetLimitsParts {
  readonly host: Pick<Host, 'programs'>;
  /** The Gluster volume. */
  readonly volume: string;
  /** An existing directory of this host, which the client covers in a mount namespace of its own. */
  readonly place: string;
  readonly logFile: string;
  readonly logLevel: string;
  /** The servers to be asked, in order. Never rejects. */
  servers(signal: AbortSignal): Promise<readonly string[]>;
}

/** The limit of a directory, which its ID in GlusterFS names: no symlink or rename on the way can make it another one. */
export interface Limit {
  readonly gfid: string;
  readonly bytes: number;
  /** Percent of the limit from which `hard-timeout` counts, and not `soft-timeout`. Default: the Gluster volume's. */
  readonly soft?: number;
}

/** Milliseconds. A client takes less than a tenth of a second, and 48 s to give up a silent server. */
const patience = 60_000;

/**
 * The bricks take a limit from no client but one that claims to be glusterd's (GF_CLIENT_PID_QUOTA_MOUNT of glusterfs.h), as that
 * of `gluster volume quota … limit-usage`, which works only on a server. Its mount is in a namespace of its own, which ends with it.
 */
const script = `
place=$1
shift
glusterfs --client-pid=-5 --aux-gfid-mount --process-name=fuse "$@" "$place" && [ -e "$place/.gfid" ] || exit 3
while read -r gfid value; do
  setfattr --name=trusted.glusterfs.quota.limit-set --value="$value" "$place/.gfid/$gfid" || exit 4
done
umount "$place"`;
const notMounted = 3;

export async function setLimits(
  parts: SetLimitsParts,
  limits: readonly Limit[],
  doing: string,
  signal: AbortSignal,
): Promise<void> {
  const { host, volume, place, logFile, logLevel } = parts;
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  const servers = await parts.servers(deadline);
  const client = [
    ...servers.map((server) => `--volfile-server=${server}`),
    `--volfile-id=${volume}`,
    `--log-level=${logLevel}`,
    `--log-file=${logFile}`,
  ];
  const args = [
    '--mount',
    '--propagation=private',
    '--',
    'sh',
    '-c',
    script,
    'holdfast-quota',
    place,
    ...client,
  ];
  const input = limits.map((limit) => `${limit.gfid} ${attributeValue(limit)}\n`).join('');
  const { exitCode, stderr } = await withPrefix(doing, () =>
    host.programs.run('unshare', args, deadline, input, 'with-us'),
  );
  if (exitCode === 0) return;
  const said = stderr.trim().replaceAll(/\s*\n\s*/g, '; ') || `exit code ${exitCode}`;
  const what =
    exitCode === notMounted
      ? `a client of ${volume} that may set quotas could not be started`
      : `the quota of a directory of ${volume} could not be set`;
  throw new VolumeError(
    'unavailable',
    `${doing}: ${what}: ${said}. Its client says why in ${logFile} of this host.`,
  );
}

/** Two numbers of 64 bits, in the network's order: the limit, and the percentage or -1 (quota_limits_t of quota.h). */
function attributeValue({ bytes, soft = -1 }: Limit): string {
  const value = Buffer.alloc(16);
  value.writeBigInt64BE(BigInt(bytes));
  value.writeBigInt64BE(BigInt(soft), 8);
  return `0x${value.toString('hex')}`;
}
