import { matching, type Values } from '../../shared/network-share/mount-option-values.ts';

/** What follows a flag: a value, or a list of words and `name=value`; `alone`: nothing follows it. */
export type MkfsFlag =
  | 'alone'
  | { readonly value: Values }
  | { readonly list: ReadonlyMap<string, Values | 'word'> };

export type FormattedType = 'ext4' | 'xfs';

const number: Values = { read: matching(/^\d{1,12}$/), example: '8' };
/** Bytes, or a number with a unit, as mkfs.xfs reads it. */
const size: Values = { read: matching(/^\d{1,12}[kmgKMG]?$/), example: '64m' };
const percent: Values = { read: matching(/^([0-4]?\d(\.\d{1,3})?|50)$/), example: '1' };
const onOff: Values = { read: matching(/^[01]$/), example: '1' };
const uuid: Values = {
  read: matching(/^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/),
  example: '0b8d4c1e-7a52-4a3b-9d55-1f0e6c2a7b90',
};

function label(longest: number): Values {
  return {
    read: (text) => (/^\w[\w.-]*$/.test(text) && text.length <= longest ? text : undefined),
    example: 'data',
  };
}

function oneOf(...words: readonly [string, ...string[]]): Values {
  return { read: (text) => words.find((word) => word === text), example: words[0] };
}

function list(values: Readonly<Record<string, Values | 'word'>>): MkfsFlag {
  return { list: new Map(Object.entries(values)) };
}

/** Each can be disabled with `^`. Without `journal_dev`, which does not make a file system. */
const features = [
  ...[
    '64bit',
    'bigalloc',
    'casefold',
    'dir_index',
    'dir_nlink',
    'ea_inode',
    'encrypt',
    'ext_attr',
    'extent',
    'extents',
  ],
  ...[
    'extra_isize',
    'fast_commit',
    'filetype',
    'flex_bg',
    'has_journal',
    'huge_file',
    'inline_data',
    'large_dir',
  ],
  ...[
    'large_file',
    'meta_bg',
    'metadata_csum',
    'metadata_csum_seed',
    'mmp',
    'orphan_file',
    'project',
    'quota',
  ],
  ...['resize_inode', 'sparse_super', 'sparse_super2', 'stable_inodes', 'uninit_bg', 'verity'],
].flatMap((name) => [name, `^${name}`]);

/**
 * The options of mke2fs(8) 1.47 that shape the file system. Without those that read or write the host (`-d`, `-l`, `-z`, `-E offset`,
 * `-J device`), make no or only a partial file system (`-n`, `-S`, `-t`), or let a damaged one stop the host (`-e panic`).
 */
const ext4: ReadonlyMap<string, MkfsFlag> = new Map<string, MkfsFlag>([
  ['-b', { value: oneOf('4096', '2048', '1024') }],
  ['-C', { value: { read: matching(/^\d{4,9}$/), example: '65536' } }],
  ['-D', 'alone'],
  [
    '-E',
    list({
      assume_storage_prezeroed: onOff,
      discard: 'word',
      lazy_itable_init: onOff,
      lazy_journal_init: onOff,
      mmp_update_interval: number,
      no_copy_xattrs: 'word',
      nodiscard: 'word',
      num_backup_sb: { read: matching(/^[012]$/), example: '1' },
      packed_meta_blocks: onOff,
      resize: { read: matching(/^\d{1,12}$/), example: '1000000' },
      stride: number,
      'stripe-width': number,
      stripe_width: number,
    }),
  ],
  ['-e', { value: oneOf('remount-ro', 'continue') }],
  ['-G', { value: { ...number, example: '16' } }],
  ['-i', { value: { read: matching(/^\d{4,8}$/), example: '8192' } }],
  ['-I', { value: oneOf('256', '128', '512', '1024', '2048', '4096') }],
  ['-J', list({ fast_commit_size: number, size: { ...number, example: '16' } })],
  ['-j', 'alone'],
  ['-L', { value: label(16) }],
  ['-m', { value: percent }],
  ['-N', { value: { ...number, example: '10000' } }],
  ['-O', list(Object.fromEntries(features.map((name) => [name, 'word' as const])))],
  ['-T', { value: oneOf('news', 'small', 'default', 'big', 'huge', 'largefile', 'largefile4') }],
  [
    '-U',
    {
      value: {
        read: (text) => (['random', 'time', 'clear'].includes(text) ? text : uuid.read(text)),
        example: 'random',
      },
    },
  ],
]);

/** The options of mkfs.xfs(8) 6.1 that shape the file system. Without those that lead to another device or file (`-r`, `-l logdev`, `-d file`, `name`, `-p`, `-c`), nor `-N`. */
const xfs: ReadonlyMap<string, MkfsFlag> = new Map<string, MkfsFlag>([
  ['-b', list({ size: { ...size, example: '4096' } })],
  [
    '-d',
    list({
      agcount: { ...number, example: '4' },
      agsize: { ...size, example: '128m' },
      cowextsize: number,
      noalign: 'word',
      su: { ...size, example: '64k' },
      sunit: { ...number, example: '128' },
      sw: { ...number, example: '1' },
      swidth: { ...number, example: '128' },
    }),
  ],
  [
    '-i',
    list({
      align: onOff,
      attr: oneOf('2'),
      maxpct: { read: matching(/^(\d{1,2}|100)$/), example: '10' },
      nrext64: onOff,
      perblock: { ...number, example: '8' },
      projid32bit: onOff,
      size: { ...size, example: '1024' },
      sparse: onOff,
    }),
  ],
  ['-K', 'alone'],
  [
    '-l',
    list({
      agnum: { ...number, example: '1' },
      internal: oneOf('1'),
      'lazy-count': onOff,
      size: { ...size, example: '64m' },
      su: { ...size, example: '64k' },
      sunit: { ...number, example: '128' },
      version: oneOf('2'),
    }),
  ],
  ['-L', { value: label(12) }],
  [
    '-m',
    list({
      bigtime: onOff,
      crc: onOff,
      finobt: onOff,
      inobtcount: onOff,
      reflink: onOff,
      rmapbt: onOff,
      uuid,
    }),
  ],
  ['-n', list({ ftype: oneOf('1'), size: { ...size, example: '8192' }, version: oneOf('2', 'ci') })],
  ['-s', list({ size: { ...size, example: '4096' } })],
]);

export const mkfsFlags: Readonly<Record<FormattedType, ReadonlyMap<string, MkfsFlag>>> = { ext4, xfs };
