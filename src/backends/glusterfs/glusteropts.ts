import { quote } from '../../core/names.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { glusterfsMountOptions } from './mount-options.ts';

/** Options of glusterfs(8) that have another name in mount.glusterfs(8). */
const otherNames: ReadonlyMap<string, string> = new Map([
  ['s', 'volfile-server'],
  ['l', 'log-file'],
  ['L', 'log-level'],
]);

/** `-s store1` is one option. */
const shortWithValue = /(?<!\S)(-[a-zA-Z])\s+(?!-)(\S+)/g;

/**
 * Reads `mountOptions` as users write them: the options of mount.glusterfs(8), comma-separated, or the arguments of glusterfs(8), as
 * in `glusteropts` of trajano's plugin: `--acl --lru-limit=1000`. Throws `invalid`.
 */
export function mountOptionsOrWords(text: string): string {
  if (!text.trimStart().startsWith('-')) return glusterfsMountOptions.read(text).join(',');
  const words = text.trim().replace(shortWithValue, '$1=$2').split(/\s+/);
  const options = words.map(optionOf);
  refusePlace(options);
  return glusterfsMountOptions.read(options.flatMap(unfold).join(',')).join(',');
}

function optionOf(word: string): string {
  const [, name, value] = /^--?([A-Za-z][\w-]*)(?:=(.*))?$/.exec(word) ?? [];
  const isList = value?.includes(',') && name !== 'fuse-mountopts';
  if (name === undefined || isList) {
    throw new VolumeError(
      'invalid',
      `${quote(word)} is not an option of glusterfs: write it as --name=value.`,
    );
  }
  const known = otherNames.get(name) ?? name;
  return value === undefined ? known : `${known}=${value}`;
}

function unfold(option: string): readonly string[] {
  const inside = /^fuse-mountopts=(.*)$/.exec(option)?.[1];
  return inside === undefined ? [option] : inside.split(',');
}

/** Server, volume and directory tell volumes apart here; they are not mount options. */
function refusePlace(options: readonly string[]): void {
  const written = (name: string) =>
    options.find((option) => option.startsWith(`${name}=`))?.slice(name.length + 1);
  const id = written('volfile-id');
  const directory = written('subdir-mount');
  if (id === undefined && directory === undefined) return;
  const path = directory === undefined ? '' : `/${directory.replace(/^\/+/, '')}`;
  const share = `${written('volfile-server') ?? 'server'}:${id?.replace(/^\/+/, '') ?? 'volume'}${path}`;
  throw new VolumeError(
    'invalid',
    `--volfile-id and --subdir-mount cannot be given: write the option share=${share} instead.`,
  );
}
