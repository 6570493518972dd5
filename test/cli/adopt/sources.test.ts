import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { diskIdIn, type SeenMount } from '../../../src/cli/adopt/mounted.ts';
import { type SourceName, sourcesOn } from '../../../src/cli/adopt/sources.ts';
import { output } from '../../lab/run.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-adopt-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const look = (from: SourceName, mounts: readonly SeenMount[] = []) =>
  sourcesOn({ mounts: async () => mounts, diskId: (device) => diskIdIn(join(folder, 'block'), device) })[
    from
  ](folder);

async function record(path: string, content: unknown): Promise<void> {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content));
}

const bind = { MountType: 'none', MountOpts: 'bind', MountDevice: '/srv/photos', Quota: { Size: 0 } };
const nfs = { MountType: 'nfs', MountOpts: 'addr=nfs2.example,rw', MountDevice: ':/srv/media', Quota: {} };
const obstacle = (name: string, why: string) => ({ name, obstacle: expect.stringContaining(why) });

const besideItself = (path: string) => ({ path, aside: `${path}.moved-by-holdfast` });

test("Docker's own volumes: those with a device keep their options, those in its folder must be copied", async () => {
  await record('photos/opts.json', bind);
  await record('films/opts.json', nfs);
  await record('older/opts.json', {
    MountType: '',
    MountOpts: 'addr=nfs2.example',
    MountDevice: ':/srv/old',
  });
  await record('bricks/opts.json', { MountType: 'glusterfs', MountOpts: '', MountDevice: 'gluster1:logs' });
  await record('office/opts.json', {
    MountType: 'cifs',
    MountOpts: 'username=a',
    MountDevice: '//nas/office',
  });
  await record('db/_data/file', 'dear');
  await record('limited/opts.json', { MountType: '', MountOpts: '', MountDevice: '', Quota: { Size: 1 } });
  await record('metadata.db', 'no volume');
  expect(await look('docker-local')).toEqual([
    { name: 'bricks', backend: 'glusterfs', options: { type: 'glusterfs', device: 'gluster1:logs' } },
    {
      name: 'db',
      backend: 'local',
      options: {},
      data: {
        path: join(folder, 'db/_data'),
        aside: `${folder}.moved-by-holdfast/db`,
        mustMove: expect.stringContaining('`docker volume rm` deletes'),
      },
    },
    {
      name: 'films',
      backend: 'nfs',
      options: { type: 'nfs', o: 'addr=nfs2.example,rw', device: ':/srv/media' },
    },
    obstacle('limited', 'Docker limits its size'),
    { name: 'office', backend: 'local', options: { type: 'cifs', o: 'username=a', device: '//nas/office' } },
    { name: 'older', backend: 'nfs', options: { o: 'addr=nfs2.example', device: ':/srv/old' } },
    {
      name: 'photos',
      backend: 'local',
      options: { type: 'none', o: 'bind', device: '/srv/photos' },
      data: besideItself('/srv/photos'),
    },
  ]);
});

test('a record that cannot be read, is too large, no file or a link is named, and stops no other one', async () => {
  await record('broken/opts.json', '{"MountType":');
  await record('large/opts.json', ' '.repeat(5e6));
  await record('photos/opts.json', bind);
  for (const name of ['folder/opts.json', 'linked', 'pipe'])
    await mkdir(join(folder, name), { recursive: true });
  await symlink('/etc/shadow', join(folder, 'linked/opts.json'));
  await symlink(join(folder, 'photos'), join(folder, 'moved'));
  await output('mkfifo', [join(folder, 'pipe/opts.json')]);
  expect(await look('docker-local')).toEqual([
    obstacle('broken', 'it is not JSON'),
    obstacle('folder', 'it is not a regular file'),
    obstacle('large', 'more than 4194304 bytes'),
    obstacle('linked', 'it is a symbolic link'),
    obstacle('moved', 'symbolic link'),
    expect.objectContaining({ name: 'photos', backend: 'local' }),
    obstacle('pipe', 'it is not a regular file'),
  ]);
});

test('a record of another form is not taken for one without a device', async () => {
  await record('list/opts.json', []);
  await record('none/opts.json', 'null');
  await record('number/opts.json', { ...bind, MountDevice: 5 });
  await record('text/opts.json', '"text"');
  expect(await look('docker-local')).toEqual([
    obstacle('list', 'is not one of Docker'),
    expect.objectContaining({ name: 'none', options: {} }),
    obstacle('number', 'is not one of Docker'),
    obstacle('text', 'is not one of Docker'),
  ]);
});

test('a slash at the end of a directory is left out: a link would be followed', async () => {
  await record('photos/opts.json', { ...bind, MountDevice: '/srv/photos//' });
  expect(await look('docker-local')).toEqual([
    expect.objectContaining({ data: besideItself('/srv/photos') }),
  ]);
});

test.each([null, {}, [], { state: null }, { state: [] }, { state: 'x' }])(
  'local-persist without a list of volumes (%j) is not one without volumes',
  async (content) => {
    await record('local-persist.json', content);
    await expect(look('local-persist')).rejects.toThrow('has no volumes in "state"');
  },
);

test('local-persist has the directory of each volume', async () => {
  await record('local-persist.json', { state: { images: '/data/images', odd: 7 } });
  expect(await look('local-persist')).toEqual([
    {
      name: 'images',
      backend: 'local',
      options: { mountpoint: '/data/images' },
      data: besideItself('/data/images'),
    },
    { name: 'odd', backend: 'local', options: { mountpoint: '7' }, data: besideItself('7') },
  ]);
});

test('a folder without the records of that driver is refused, and not taken for one without volumes', async () => {
  await expect(look('local-persist')).rejects.toThrow('local-persist.json');
  await expect(look('convoy')).rejects.toThrow('neither');
  await rm(folder, { recursive: true });
  await expect(look('docker-local')).rejects.toThrow('does not exist: give the one that has the records');
  await writeFile(folder, '');
  await expect(look('docker-local')).rejects.toThrow('is not a folder');
});

test('Convoy has a file for each volume of each of its drivers', async () => {
  await record('vfs/vfs.cfg', { Root: '/var/lib/rancher/convoy/vfs' });
  await record('vfs/vfs_volume_db.json', { Name: 'db', Path: '/opt/convoy-volumes/db', MountPoint: '' });
  await record('ebs/ebs_volume_disk.json', {
    Name: 'disk',
    EBSID: 'vol-0123456789abcdef0',
    Device: '/dev/xvdf',
  });
  await record('ebs/ebs_volume_6e1ad3a0.json', { UUID: '6e1ad3a0', EBSID: 'vol-0123456789abcdef1' });
  expect(await look('convoy')).toEqual([
    obstacle('6e1ad3a0', 'no name'),
    { name: 'disk', backend: 'ebs', options: { volumeId: 'vol-0123456789abcdef0', rootPath: '/' } },
    {
      name: 'db',
      backend: 'local',
      options: { path: '/opt/convoy-volumes/db' },
      data: besideItself('/opt/convoy-volumes/db'),
    },
  ]);
});

test('netshare is seen by its mounts', async () => {
  const seen = (name: string, type: string, source: string) => ({
    mountpoint: join(folder, name),
    type,
    source,
  });
  const mounts = [
    seen('films', 'nfs4', 'nfs2.example:/srv/media/films'),
    seen('nas', 'cifs', '//nas/office'),
    { mountpoint: '/srv', type: 'nfs4', source: 'other:/srv' },
  ];
  expect(await look('netshare', mounts)).toEqual([
    { name: 'films', backend: 'nfs', options: { share: 'nfs2.example:/srv/media/films' } },
    obstacle('nas', 'No backend mounts cifs'),
  ]);
});

test('REX-Ray and Flocker are seen by their mounts, if the device says which EBS volume it is', async () => {
  await record('block/nvme1n1/device/serial', 'vol0123456789abcdef0  \n');
  await record('block/nvme2n1/device/serial', 'S3X9NX0K\n');
  const seen = (name: string, source: string) => ({ mountpoint: join(folder, name), type: 'xfs', source });
  const mounts = [
    seen('db', '/dev/nvme1n1'),
    seen('odd', '/dev/nvme2n1'),
    seen('old', '/dev/xvdf'),
    seen('up', '/dev/../block/nvme1n1'),
  ];
  const untold = (name: string) => obstacle(name, 'does not say which EBS volume');
  expect(await look('rexray', mounts)).toEqual([
    { name: 'db', backend: 'ebs', options: { volumeId: 'vol-0123456789abcdef0', fsType: 'xfs' } },
    ...['odd', 'old', 'up'].map(untold),
  ]);
  expect(await look('flocker', mounts)).toEqual([
    obstacle('db', '-o volumeId=vol-0123456789abcdef0 -o rootPath=/'),
    ...['odd', 'old', 'up'].map(untold),
  ]);
});
