import type { AskedMount } from './mount-program.ts';
import type { FakeClient } from './shares.ts';
import type { FakeState } from './state.ts';
import { addDirectory, addFile, type FakeDirectory, type FakeFileSystem } from './tree.ts';

/** The default options that the kernel shows. */
const nfsDefaults =
  'vers=4.2,rsize=1048576,wsize=1048576,namlen=255,hard,proto=tcp,timeo=600,retrans=2,sec=sys,local_lock=none';
const fuseOptions = 'user_id=0,group_id=0,default_permissions,allow_other,max_read=131072';
/** Options of mount.nfs that are not passed to the kernel. */
const helperOptions = /^(retry=|fg$|bg$|_netdev$|nofail$|defaults$|rw$|ro$)/;

/**
 * Each mount has its own client, except for NFS without `nosharecache`: there all mounts share the client of the first one, with
 * its options.
 */
export function clientFor(state: FakeState, asked: AskedMount, share: FakeFileSystem): FakeClient {
  if (asked.type === 'glusterfs') return glusterClient(state, asked, share);
  const isShared = !asked.options.includes('nosharecache');
  const clients = state.mounts.flatMap(({ via }) => via?.client ?? []);
  const first = clients.find(
    (client) => client.share === share && client.isShared && client.condition === 'well',
  );
  return isShared && first ? first : nfsClient(state, asked, share, isShared);
}

function nfsClient(
  state: FakeState,
  asked: AskedMount,
  share: FakeFileSystem,
  isShared: boolean,
): FakeClient {
  const superOptions = nfsOptions(asked);
  const type = superOptions.includes('vers=3') ? 'nfs' : 'nfs4';
  const device = `0:${100 + state.next.client++}`;
  return {
    share,
    device,
    type,
    superOptions,
    isShared,
    pid: undefined,
    condition: 'well',
    remembered: new Map(),
  };
}

function glusterClient(state: FakeState, asked: AskedMount, share: FakeFileSystem): FakeClient {
  const number = state.next.client++;
  const pid = 5000 + number;
  const device = `0:${100 + number}`;
  startProcess(state, pid, asked, device);
  const superOptions = [accessOf(asked), ...fuseOptions.split(',')];
  return {
    share,
    device,
    type: 'fuse.glusterfs',
    superOptions,
    isShared: false,
    pid,
    condition: 'well',
    remembered: undefined,
  };
}

function accessOf({ options }: AskedMount): string {
  return options.includes('ro') ? 'ro' : 'rw';
}

/** Requested options replace the defaults of the same name; `soft` replaces `hard`. */
function nfsOptions(asked: AskedMount): readonly string[] {
  const shown = new Map(nfsDefaults.split(',').map((option) => [nameOf(option), option]));
  const version = asked.type === 'nfs4' ? ['vers=4.2'] : [];
  for (const option of [...version, ...asked.options]) {
    if (helperOptions.test(option)) continue;
    const known = option.replace(/^nfsvers=/, 'vers=').replace(/^vers=4$/, 'vers=4.2');
    shown.set(nameOf(known), known);
  }
  return [accessOf(asked), ...shown.values()];
}

function nameOf(option: string): string {
  if (option === 'soft' || option === 'softerr') return 'hard';
  return option.split('=')[0] ?? option;
}

/** Adds the process to the fake's `/proc`, with its command line, and its mount in its mount table. */
function startProcess(state: FakeState, pid: number, asked: AskedMount, device: string): void {
  const at = asked.source.lastIndexOf(':');
  const [, volume = '', directory] = /^(\/?[^/]*)(?:\/(.+))?$/.exec(asked.source.slice(at + 1)) ?? [];
  const words = [
    '/usr/sbin/glusterfs',
    ...asked.options.filter((option) => option.startsWith('log-')).map((option) => `--${option}`),
    '--process-name',
    'fuse',
    `--volfile-server=${asked.source.slice(0, at)}`,
    `--volfile-id=${volume}`,
    ...(directory === undefined ? [] : [`--subdir-mount=/${directory}`]),
    asked.target,
  ];
  const process = addDirectory(procOf(state.rootFileSystem.root), `${pid}`);
  addFile(process, 'cmdline', Buffer.from(words.map((word) => `${word}\0`).join('')));
  const mount = `30 1 ${device} / ${asked.target} rw shared:1 - fuse.glusterfs ${asked.source} rw\n`;
  addFile(process, 'mountinfo', Buffer.from(mount));
}

function procOf(root: FakeDirectory): FakeDirectory {
  const proc = root.entries.get('proc');
  return proc?.kind === 'directory' ? proc : addDirectory(root, 'proc');
}
