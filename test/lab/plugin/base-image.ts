import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { output, run } from '../run.ts';

/** What an image needs besides Node, and the real Dockerfile installs: a shell, and the mount helpers. */
const programs = [
  'sh dash bash ls cat rm mkdir mv cp ln chmod touch stat sed awk mawk grep cut tr head tail basename dirname env uname wc',
  'sleep sync find perl tar gzip fsfreeze mount umount losetup blkid blockdev wipefs lsblk chattr lsattr mkfs.ext4 mke2fs e2fsck fsck.ext4 resize2fs dumpe2fs',
  'tune2fs mkfs.xfs xfs_repair xfs_growfs mount.nfs umount.nfs mount.glusterfs glusterfs gluster getfattr getent',
].flatMap((line) => line.split(' '));
const folders = ['/usr/bin', '/usr/sbin'];
const libraries = '/usr/lib/x86_64-linux-gnu';
const plainFiles =
  '/tmp /bin /sbin /lib /lib64 /etc/passwd /etc/group /etc/nsswitch.conf /etc/protocols /etc/services /etc/netconfig /etc/mke2fs.conf';

/**
 * Makes a base image from this machine's programs and their libraries (ldd(1)), because nothing can be pulled. Its Node is the one
 * that runs the tests, wherever that is.
 */
export async function makeBaseImage(file: string): Promise<void> {
  const node = process.execPath;
  const wanted = [node, ...(await found()), ...(await loadedByName())];
  const ldd = await run('ldd', wanted);
  const linked = [...ldd.stdout.matchAll(/\/[^\s:]*\.so[^\s:]*/g)].map(([path]) => path);
  const files = [...wanted, ...linked].flatMap(linksOf);
  const list = new Set([...files.map(canonical), ...plainFiles.split(' ')].map((path) => path.slice(1)));
  await writeFile(`${file}.list`, [...list].sort().join('\n'));
  const renamed = `--transform=flags=r;s|^${node.slice(1)}$|usr/bin/node|`;
  await output('tar', ['-C', '/', '--no-recursion', renamed, '-cf', file, `--files-from=${file}.list`]);
}

/** The wanted programs that this machine has; the image lacks the others. */
async function found(): Promise<readonly string[]> {
  const names = await Promise.all(folders.map(async (folder) => ({ folder, names: await readdir(folder) })));
  return names.flatMap(({ folder, names }) =>
    programs.filter((program) => names.includes(program)).map((program) => join(folder, program)),
  );
}

/** Libraries that are loaded by name, not linked. */
async function loadedByName(): Promise<readonly string[]> {
  const names = (await readdir(libraries)).filter((name) => /^lib(nss_\w+|resolv)\.so\.2$/.test(name));
  const translators = await readdir(`${libraries}/glusterfs`, { recursive: true, withFileTypes: true });
  const objects = translators.filter((entry) => entry.isFile() || entry.isSymbolicLink());
  return [
    ...names.map((name) => join(libraries, name)),
    ...objects.map(({ parentPath, name }) => join(parentPath, name)),
  ];
}

/** The path and the targets of its links, link by link: awk links to a link in /etc/alternatives. */
function linksOf(path: string): readonly string[] {
  if (!lstatSync(path).isSymbolicLink()) return [path];
  return [path, ...linksOf(resolve(dirname(path), readlinkSync(path)))];
}

/** The path without links in its directory, such as /bin. */
function canonical(path: string): string {
  return join(realpathSync(dirname(path)), basename(path));
}
