import { quote } from '../../../core/names.ts';
import { nearest } from '../../../core/nearest.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { matching, type Values, withValue } from '../../shared/network-share/mount-option-values.ts';
import { idleMountWords } from '../../shared/network-share/mount-options.ts';

const bytes: Values = { read: matching(/^\d{1,12}[kmgKMG]?$/), example: '64k' };
const number: Values = { read: matching(/^\d{1,9}$/), example: '16' };
const words = (...names: readonly string[]) => names.map((name) => [name, 'word'] as const);

/** Flags of every mount, mount(8). */
const common = words(
  ...['noatime', 'relatime', 'strictatime', 'nodiratime', 'lazytime', 'nolazytime', 'sync', 'dirsync'],
  ...['nosuid', 'nodev', 'noexec', 'nosymfollow', 'discard', 'nodiscard'],
  ...[
    'defaults',
    'async',
    'atime',
    'diratime',
    'suid',
    'dev',
    'exec',
    'grpid',
    'nogrpid',
    'bsdgroups',
    'sysvgroups',
  ],
);

/** The options of ext4(5) and xfs(5) that a user may give: none names a file or device, or risks the host or the data. */
const known: ReadonlyMap<string, ReadonlyMap<string, Values | 'word'>> = new Map([
  [
    'ext4',
    new Map<string, Values | 'word'>([
      ...common,
      ...words('acl', 'noacl', 'user_xattr', 'nouser_xattr', 'auto_da_alloc', 'delalloc', 'nodelalloc'),
      ...words('block_validity', 'noblock_validity', 'dioread_lock', 'dioread_nolock', 'journal_checksum'),
      ...words(
        'nojournal_checksum',
        'init_itable',
        'noinit_itable',
        'i_version',
        'mblk_io_submit',
        'nombcache',
      ),
      ...words(
        'usrquota',
        'grpquota',
        'prjquota',
        'quota',
        'noquota',
        'bsddf',
        'minixdf',
        'prefetch_block_bitmaps',
      ),
      ['commit', { read: matching(/^([1-9]\d?|[12]\d\d|300)$/), example: '30' }],
      ['data', { read: matching(/^(ordered|journal)$/), example: 'ordered' }],
      ['init_itable', { read: matching(/^\d{1,4}$/), example: '10' }],
      ['inode_readahead_blks', { read: matching(/^(0|1|2|4|8|16|32|64|128|256|512|1024)$/), example: '32' }],
      ['journal_ioprio', { read: matching(/^[0-7]$/), example: '3' }],
      ['max_dir_size_kb', number],
      ['mb_optimize_scan', { read: matching(/^[01]$/), example: '1' }],
      ['stripe', number],
    ]),
  ],
  [
    'xfs',
    new Map<string, Values | 'word'>([
      ...common,
      ...words(
        'nouuid',
        'inode32',
        'inode64',
        'largeio',
        'nolargeio',
        'noalign',
        'swalloc',
        'wsync',
        'filestreams',
      ),
      ...words(
        'ikeep',
        'noikeep',
        'attr2',
        'noattr2',
        'noquota',
        'uquota',
        'usrquota',
        'uqnoenforce',
        'gquota',
      ),
      ...words('grpquota', 'gqnoenforce', 'pquota', 'prjquota', 'pqnoenforce', 'quota', 'qnoenforce'),
      ['allocsize', bytes],
      ['logbsize', { read: matching(/^(16|32|64|128|256)k$/), example: '64k' }],
      ['logbufs', { read: matching(/^[2-8]$/), example: '8' }],
      ['sunit', number],
      ['swidth', number],
    ]),
  ],
]);

/** Why other options known to users of mount(8) cannot be given. */
const refused: ReadonlyMap<string, string> = new Map([
  ...each('write the option readOnly=true', 'ro'),
  ...each(
    'Holdfast decides how its mounts are made',
    'bind',
    'rbind',
    'move',
    'remount',
    'loop',
    'offset',
    'sizelimit',
  ),
  ...each(
    'it belongs in /etc/fstab',
    'noauto',
    'user',
    'users',
    'owner',
    'group',
    'nofail',
    '_netdev',
    'comment',
  ),
  ...each('it leads to another device', 'logdev', 'rtdev', 'journal_dev', 'journal_path'),
  ...each('the operator decides by tune2fs -e what a damaged file system does to its host', 'errors'),
  ...each(
    'it names a file for the kernel: use usrquota, grpquota or prjquota',
    'usrjquota',
    'grpjquota',
    'offusrjquota',
    'offgrpjquota',
    'jqfmt',
  ),
  ...each('the engine sets the labels', 'context', 'fscontext', 'defcontext', 'rootcontext', 'seclabel'),
  ...each("it would mount without the journal's last writes", 'noload', 'norecovery'),
  ...each(
    'what was written and synced could be lost',
    'barrier',
    'nobarrier',
    'journal_async_commit',
    'noauto_da_alloc',
  ),
  ...each('it runs a program of its name', 'helper', 'uhelper'),
]);

function each(why: string, ...names: readonly string[]): readonly (readonly [string, string])[] {
  return names.map((name) => [name, why]);
}

/**
 * The options after `mount -o`, comma-separated, each once and in order. Throws `invalid` for an option that is not allowed for a
 * file system of that type; without a type, for one that is allowed for none.
 */
export function diskMountOptions(text: string, type?: string): string {
  const asked = text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '' && !idleMountWords.includes(word.toLowerCase()));
  return [...new Set(asked.map((word) => checked(word, type)))].join(',');
}

function checked(word: string, type: string | undefined): string {
  const [, name = '', value] = /^([a-z_][\w.-]*)(?:=([\w.:/+-]+))?$/i.exec(word) ?? [];
  if (name === '')
    throw new VolumeError('invalid', `${quote(word)} is not a mount option: write them as noatime,discard.`);
  const why = name.toLowerCase().startsWith('x-')
    ? 'it belongs in /etc/fstab'
    : refused.get(name.toLowerCase());
  if (why !== undefined) throw new VolumeError('invalid', `${quote(word)} cannot be given: ${why}.`);
  const found = [...known]
    .filter(([one]) => type === undefined || one === type)
    .flatMap(([, table]) => table.get(name) ?? []);
  if (value === undefined && found.includes('word')) return word;
  const valued = found.find((values) => values !== 'word');
  if (valued !== undefined) return withValue(name, value, valued);
  throw notTaken(word, name, type);
}

function notTaken(word: string, name: string, type: string | undefined): VolumeError {
  const names = [
    ...new Set(
      [...known].flatMap(([one, table]) => (type === undefined || one === type ? [...table.keys()] : [])),
    ),
  ];
  const meant = nearest(name, names);
  const hint = meant === undefined ? '' : ` Did you mean ${quote(meant)}?`;
  const whose = type ?? 'ext4 or xfs';
  return new VolumeError(
    'invalid',
    `${quote(word)} is not an option of ${whose} that can be given here.${hint} Those are ${names.join(', ')}.`,
  );
}
