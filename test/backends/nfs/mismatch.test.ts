import { describe, expect, test } from '@jest/globals';
import { nfsMountOptions } from '../../../src/backends/nfs/mount-options.ts';
import type { NfsShareParts } from '../../../src/backends/nfs/share.ts';
import type { WantedMount } from '../../../src/backends/shared/network-share/share.ts';
import type { MountEntry } from '../../../src/host/host.ts';
import { parseMountTable } from '../../../src/host/mounts/table.ts';
import { shareOf } from './share-of.ts';

/** Mount entries as shown by Linux 6.1, with mount.nfs 2.6.2 and the kernel's own server. */
function entryOf(line: string): MountEntry {
  const [entry] = parseMountTable(`${line}\n`);
  if (entry === undefined) throw new Error(`no mount: ${line}`);
  return entry;
}

interface Asked {
  readonly options?: string;
  readonly wanted?: Partial<WantedMount>;
  readonly parts?: Partial<NfsShareParts>;
}

function mismatch(asked: Asked, entry: MountEntry): string | undefined {
  const share = shareOf(asked.parts);
  const options = nfsMountOptions.read(asked.options ?? '');
  const wanted = {
    directory: '',
    access: 'read-write',
    sharing: 'shared',
    options,
    ...asked.wanted,
  } as const;
  return share.mismatch(share.mountOf(wanted), entry);
}

const end = 'clientaddr=192.0.2.5,local_lock=none,addr=192.0.2.7';
const usual = `rw,vers=4.2,rsize=65536,wsize=65536,namlen=255,hard,proto=tcp,timeo=600,retrans=2,sec=sys,${end}`;
/** The usual line, with `what` replaced by `instead`. */
function v4(
  what = '',
  instead = '',
  { flags = 'rw,relatime', source = 'nfs.example:/srv/volumes' } = {},
): MountEntry {
  const shown = usual.replace(what, instead);
  expect(shown === usual).toBe(what === instead);
  return entryOf(`26 22 0:23 / /tmp/m ${flags} - nfs4 ${source} ${shown}`);
}
const v3 = (lock: string, localLock: string) =>
  entryOf(
    '25 22 0:23 / /tmp/m rw,relatime - nfs nfs.example:/srv/volumes rw,vers=3,rsize=65536,wsize=65536,namlen=255,' +
      `hard,${lock}proto=tcp,timeo=600,retrans=2,sec=sys,mountaddr=192.0.2.7,mountvers=3,mountport=35041,` +
      `mountproto=udp,local_lock=${localLock},addr=192.0.2.7`,
  );
const inVersion = (version: NfsShareParts['version']) => ({ parts: { version } });

describe('a mount is what was asked for', () => {
  const noac = 'acregmin=0,acregmax=0,acdirmin=0,acdirmax=0,hard,noac';
  test.each<[string, Asked, MountEntry]>([
    ['without options', {}, v4()],
    ['negotiated down to 4.1', {}, v4('vers=4.2', 'vers=4.1')],
    ['negotiated down to 4.0', {}, v4('vers=4.2', 'vers=4.0')],
    ['negotiated down to 4.0, as kernels before 3.x show it', inVersion('4.0'), v4('vers=4.2', 'vers=4')],
    ['pinned to 4.1', inVersion('4.1'), v4('vers=4.2', 'vers=4.1')],
    ['pinned to 4.0', inVersion('4.0'), v4('vers=4.2', 'vers=4.0')],
    ['of version 3', inVersion('3'), v3('', 'none')],
    ['of version 3, by an option of the volume', { options: 'vers=3,nolock' }, v3('nolock,', 'all')],
    ['of version 3 with local locks', { options: 'vers=3,local_lock=all' }, v3('', 'all')],
    ['of version 3 with both', { options: 'vers=3,nolock,local_lock=flock' }, v3('nolock,', 'all')],
    [
      'soft',
      { options: 'soft,timeo=50,retrans=3' },
      v4('hard,proto=tcp,timeo=600,retrans=2', 'soft,proto=tcp,timeo=50,retrans=3'),
    ],
    ['softerr, which includes softreval', { options: 'softerr' }, v4('hard', 'softerr,softreval')],
    ['softreval', { options: 'softreval' }, v4('hard', 'hard,softreval')],
    [
      'noac, which implies sync',
      { options: 'noac' },
      v4(
        'rw,vers=4.2,rsize=65536,wsize=65536,namlen=255,hard',
        `rw,sync,vers=4.2,rsize=65536,wsize=65536,namlen=255,${noac}`,
      ),
    ],
    [
      'noac and async and times',
      { options: 'noac,async,actimeo=5' },
      v4(
        'rw,vers=4.2,rsize=65536,wsize=65536,namlen=255,hard',
        `rw,sync,vers=4.2,rsize=65536,wsize=65536,namlen=255,${noac}`,
      ),
    ],
    ['sync', { options: 'sync' }, v4('rw', 'rw,sync')],
    ['actimeo', { options: 'actimeo=5' }, v4('hard', 'acregmin=5,acregmax=5,acdirmin=5,acdirmax=5,hard')],
    ['times that are the default', { options: 'acregmin=3,acdirmax=60' }, v4()],
    [
      'nocto without a lookup cache',
      { options: 'nocto,lookupcache=none' },
      v4('hard', 'hard,nocto,lookupcache=none'),
    ],
    ['lookupcache=all, cto, ac', { options: 'lookupcache=all,cto,ac' }, v4()],
    [
      'lookupcache=positive',
      { options: 'lookupcache=positive' },
      v4('local_lock', 'lookupcache=pos,local_lock'),
    ],
    ['smaller blocks than requested', { options: 'rsize=1048576,wsize=1048576' }, v4()],
    ['rounded blocks', { options: 'rsize=5000' }, v4('rsize=65536', 'rsize=4096')],
    ['blocks of less than a page', { options: 'rsize=1024' }, v4('rsize=65536', 'rsize=4096')],
    ['nconnect', { options: 'nconnect=4' }, v4('timeo', 'nconnect=4,timeo')],
    ['nconnect=1', { options: 'nconnect=1' }, v4()],
    ['noresvport', { options: 'noresvport' }, v4('hard', 'hard,noresvport')],
    ['the default port', { options: 'port=2049,proto=tcp' }, v4()],
    ['another port', { parts: { mountOptions: ['port=2050'] } }, v4('timeo', 'port=2050,timeo')],
    ['fsc', { options: 'fsc' }, v4('local_lock', 'fsc,local_lock')],
    ['nordirplus', { options: 'nordirplus' }, v4('hard', 'hard,nordirplus')],
    ['without credentials', { parts: { sec: 'none' } }, v4('sec=sys', 'sec=null')],
    ['with Kerberos', { parts: { sec: 'krb5p' } }, v4('sec=sys', 'sec=krb5p')],
    ['alone', { wanted: { sharing: 'alone' } }, v4('hard', 'hard,nosharecache')],
    ['read-only', { wanted: { access: 'read-only' } }, v4('rw', 'ro', { flags: 'ro,relatime' })],
    ['a read-only bind', { wanted: { access: 'read-only' } }, v4('', '', { flags: 'ro,relatime' })],
    ['nolock in NFS 4, where it has no meaning', { options: 'nolock,noacl,local_lock=all' }, v4()],
    [
      'options that only the mount shows',
      { options: 'noatime,nosuid,nodev' },
      v4('', '', { flags: 'rw,nosuid,nodev,noatime' }),
    ],
    ['a directory', { wanted: { directory: 'a/b' } }, v4('', '', { source: 'nfs.example:/srv/volumes/a/b' })],
    [
      'with a space in its name',
      { wanted: { directory: 'a b' } },
      v4('', '', { source: 'nfs.example:/srv/volumes/a\\040b' }),
    ],
    ['in capital letters, by another mount', {}, v4('', '', { source: 'NFS.example:/srv/volumes' })],
  ])('%s', (_, asked, entry) => {
    expect(mismatch(asked, entry)).toBeUndefined();
  });
  test('by IPv6, which has its own transports', () => {
    const line = `26 22 0:23 / /tmp/m rw,relatime - nfs4 [2001:db8::7]:/srv ${usual.replace('proto=tcp', 'proto=tcp6')}`;
    const parts = { address: { server: '2001:db8::7', path: '/srv' } };
    expect(mismatch({ parts, options: 'proto=tcp' }, entryOf(line))).toBeUndefined();
  });
  test('by address, if another mount has the server by name', () => {
    const parts = { address: { server: '192.0.2.7', path: '/srv/volumes' } };
    expect(mismatch({ parts }, v4())).toBeUndefined();
  });
});

describe('a mount is not what was asked for', () => {
  const sharecache = /an earlier mount of this export exists, and they share its options.*`nosharecache`/;
  const connections =
    /all mounts from one server share the connections of the first.*unmount the existing ones/;
  const agreed =
    /request the value that the server and the kernel agreed on, or unmount it if it is an earlier mount$/;
  test.each<[string, Asked, MountEntry, string, RegExp]>([
    // Options that Linux 6.1 silently shares with the first mount of the export, or of the server.
    ['timeo', { options: 'timeo=50' }, v4(), 'timeo=600', sharecache],
    ['retrans', { options: 'retrans=5' }, v4(), 'retrans=2', sharecache],
    ['fsc', { options: 'fsc' }, v4(), 'nofsc', sharecache],
    ['nconnect', { options: 'nconnect=3' }, v4(), 'nconnect=1', connections],
    ['max_connect', { options: 'max_connect=3' }, v4(), 'max_connect=1', connections],
    ['noresvport', { options: 'noresvport' }, v4(), 'resvport', connections],
    // Values of an earlier mount, or of other kernels.
    ['hard', {}, v4('hard', 'soft'), 'soft', agreed],
    ['soft', { options: 'soft' }, v4(), 'hard', agreed],
    ['vers=4.1', inVersion('4.1'), v4(), 'vers=4.2', agreed],
    ['vers=4', {}, v3('', 'none'), 'vers=3', agreed],
    ['vers=3', inVersion('3'), v4(), 'vers=4.2', agreed],
    ['sec=krb5p', { parts: { sec: 'krb5p' } }, v4(), 'sec=sys', agreed],
    ['rsize=4096', { options: 'rsize=4096' }, v4(), 'rsize=65536', agreed],
    ['acregmin=7', { options: 'acregmin=7' }, v4(), 'acregmin=3', agreed],
    ['noac', { options: 'noac' }, v4(), 'ac', agreed],
    ['cto', { options: 'cto' }, v4('hard', 'hard,nocto'), 'nocto', agreed],
    ['lookupcache=none', { options: 'lookupcache=none' }, v4(), 'lookupcache=all', agreed],
    ['proto=rdma', { options: 'rdma' }, v4(), 'proto=tcp', agreed],
    ['sync', { options: 'sync' }, v4(), 'async', agreed],
    ['port=2050', { parts: { mountOptions: ['port=2050'] } }, v4(), 'port=2049', agreed],
    ['nosharecache', { wanted: { sharing: 'alone' } }, v4(), 'sharecache', agreed],
    ['lock', { options: 'vers=3,lock' }, v3('nolock,', 'all'), 'nolock', agreed],
    ['local_lock=flock', { options: 'vers=3,local_lock=flock' }, v3('', 'none'), 'local_lock=none', agreed],
    ['ro', { wanted: { access: 'read-only' } }, v4(), 'rw', agreed],
    ['rw', {}, v4('rw', 'ro'), 'ro', agreed],
    ['rw', {}, v4('', '', { flags: 'ro,relatime' }), 'ro', agreed],
  ])('%s: the error says what it got instead, and the way out', (_, asked, entry, effective, wayOut) => {
    const words = mismatch(asked, entry);
    expect(words).toContain(` was requested, but ${effective} is in effect: `);
    expect(words).toMatch(wayOut);
  });
  test.each<[string, MountEntry, RegExp]>([
    [
      'another file system',
      entryOf('26 22 8:1 / /tmp/m rw - ext4 /dev/sda1 rw'),
      /\/tmp\/m is a mount of \/dev\/sda1 \(ext4\), which is not NFS: unmount/,
    ],
    [
      'another export',
      v4('', '', { source: 'nfs.example:/srv/volumes2' }),
      /the kernel shows nfs.example:\/srv\/volumes2 there: unmount/,
    ],
    ['a directory of it', v4('', '', { source: 'nfs.example:/srv/volumes/a' }), /\/srv\/volumes\/a there/],
    ['no address at all', v4('', '', { source: 'nfs.example' }), /the kernel shows nfs.example there/],
    [
      'another server',
      v4('', '', { source: 'nfs2.example:/srv/volumes' }),
      /shows it as nfs2.example:\/srv\/volumes: if these are two names of one server, .* `nosharecache`.*; if not, unmount it/,
    ],
  ])('%s', (_, entry, words) => {
    expect(mismatch({}, entry)).toMatch(words);
  });
});
