import type { Volume } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { Host, ProgramResult } from '../../../host/host.ts';
import { quotedOutput } from '../../shared/quoted-output.ts';
import { withPrefix } from '../../shared/storage-errors.ts';
import { type DiskDevice, describeDevice } from './device.ts';

/** What blkid finds on a disk. `nothing` does not prove that the disk is empty: blkid also reports it for an unreadable disk. */
export type DiskContent =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'file-system'; readonly type: string }
  /** A partition table, a RAID member, an encrypted disk …; in blkid's words. */
  | { readonly kind: 'other'; readonly says: string };

/** blkid(8). */
const nothingFound = 2;
const ambivalent = 8;

/** Reads the bytes on the disk (`-p`), never blkid's cache of earlier disks. */
export async function lookAtContent(
  { programs }: Pick<Host, 'programs'>,
  volume: Volume,
  device: DiskDevice,
  signal: AbortSignal,
): Promise<DiskContent> {
  const result = await withPrefix(`Volume ${volume.name}: its disk could not be examined`, () =>
    programs.run('blkid', ['-p', '-o', 'export', device.path], signal),
  );
  if (result.exitCode === nothingFound) return { kind: 'nothing' };
  if (result.exitCode === ambivalent) return { kind: 'other', says: 'signatures of several kinds' };
  if (result.exitCode === 0) return parseContent(result);
  throw new VolumeError(
    'unavailable',
    `Volume ${volume.name} could not be mounted: blkid could not look at ${describeDevice(device)}, ` +
      `and says ${quotedOutput(result.stderr)} (exit code ${result.exitCode}).`,
  );
}

function parseContent({ stdout }: ProgramResult): DiskContent {
  const tags = new Map(
    stdout.split('\n').flatMap((line) => {
      const [key = '', ...value] = line.split('=');
      return value.length > 0 ? [[key, value.join('=')] as const] : [];
    }),
  );
  const type = tags.get('TYPE');
  if (type !== undefined && tags.get('USAGE') === 'filesystem') return { kind: 'file-system', type };
  const table = tags.get('PTTYPE');
  const words = [type, table === undefined ? undefined : `a partition table (${table})`].filter(Boolean);
  return { kind: 'other', says: words.join(' and ') || quotedOutput(stdout) };
}
