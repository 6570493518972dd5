import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SeenMount } from '../../../src/cli/adopt/mounted.ts';
import type { SourceName } from '../../../src/cli/adopt/sources.ts';
import { openAdminSocket } from '../../fakes/admin-socket.ts';
import { createFakeDriver } from '../../fakes/fake-driver.ts';
import { openMoveHost, runHere } from '../in-process.ts';

let folder: string;
let close = async () => {};
let socket = '';

interface Kind {
  readonly from: SourceName;
  /** The driver that gets it. */
  readonly driver: string;
  readonly options: Readonly<Record<string, string>>;
  /** What a record of the driver in this folder says. */
  readonly record?: readonly [path: string, content: unknown];
  /** What is mounted in its folder, for those that have no records. */
  readonly mounted?: Pick<SeenMount, 'type' | 'source'>;
}

const bind = { MountType: 'none', MountOpts: 'bind', MountDevice: '/srv/photos' };
const export3 = { MountType: 'nfs', MountOpts: 'addr=nfs2.example,rw', MountDevice: ':/srv/media' };
const convoyEbs = { Name: 'db', EBSID: 'vol-0123456789abcdef0', Device: '/dev/xvdf' };

/** Those of REX-Ray and Flocker are found by a disk's serial number, see `sources.test.ts`; the rest is the same. */
const kinds: readonly Kind[] = [
  {
    from: 'docker-local',
    driver: 'gold',
    options: { type: 'none', o: 'bind', device: '/srv/photos' },
    record: ['db/opts.json', bind],
  },
  {
    from: 'docker-local',
    driver: 'shared',
    options: { type: 'nfs', o: 'addr=nfs2.example,rw', device: ':/srv/media' },
    record: ['db/opts.json', export3],
  },
  {
    from: 'local-persist',
    driver: 'gold',
    options: { mountpoint: '/srv/photos' },
    record: ['local-persist.json', { state: { db: '/srv/photos' } }],
  },
  {
    from: 'convoy',
    driver: 'gold',
    options: { path: '/opt/convoy/db' },
    record: ['vfs/vfs_volume_db.json', { Name: 'db', Path: '/opt/convoy/db', MountPoint: '' }],
  },
  {
    from: 'convoy',
    driver: 'disks',
    options: { volumeId: 'vol-0123456789abcdef0', rootPath: '/' },
    record: ['ebs/ebs_volume_db.json', convoyEbs],
  },
  {
    from: 'netshare',
    driver: 'shared',
    options: { share: 'nfs2.example:/srv/media' },
    mounted: { type: 'nfs4', source: 'nfs2.example:/srv/media' },
  },
];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-adopt-'));
});
afterEach(async () => {
  await close();
  await rm(folder, { recursive: true, force: true });
});

async function open({ record, mounted }: Kind) {
  const backends = { gold: 'local', shared: 'nfs', disks: 'ebs' };
  const drivers = Object.entries(backends).map(([name, backend]) => ({ ...createFakeDriver(name), backend }));
  ({ path: socket, close } = await openAdminSocket(drivers));
  if (record) {
    await mkdir(join(folder, record[0], '..'), { recursive: true });
    await writeFile(join(folder, record[0]), JSON.stringify(record[1]));
  }
  const surroundings = {
    isRoot: true,
    command: ['holdfast'],
    load: async () => ({ kind: 'unusable', problems: [] }) as const,
    clearMountpoints: async () => undefined,
    mountTable: async () => (mounted ? [{ ...mounted, mountpoint: join(folder, 'db') }] : []),
    openMoveHost,
    knownVolumes: async () => [],
    manager: async () => ({ isRunning: () => false, systemctl: async () => undefined }),
  };
  return { drivers, surroundings };
}

describe.each(kinds)('a volume of $from for driver $driver', (kind) => {
  test('is planned, adopted once with its options, and forgotten by an undo', async () => {
    const { drivers, surroundings } = await open(kind);
    const own = drivers.find(({ name }) => name === kind.driver);
    const adopt = async (...words: string[]) => {
      const all = ['adopt', folder, '--from', kind.from, '--socket', socket, ...words];
      const { code, out, err } = await runHere(all, { surroundings });
      return [
        code,
        err,
        out
          .split('\n')
          .find((line) => line.startsWith('db'))
          ?.split(/ {2,}/),
      ];
    };
    const has = () =>
      Array.from(own?.list() ?? [], ({ volume }) => [volume.name, 'given' in volume && volume.given]);
    expect(await adopt('--dry-run')).toEqual([0, '', ['db', kind.driver, 'would be adopted']]);
    expect(has()).toEqual([]);
    expect(await adopt()).toEqual([0, '', ['db', kind.driver, 'adopted']]);
    expect(await adopt()).toEqual([0, '', ['db', kind.driver, 'is adopted']]);
    expect(has()).toEqual([['db', kind.options]]);
    expect(await adopt('--undo', '--dry-run')).toEqual([0, '', ['db', kind.driver, 'would be forgotten']]);
    expect(has()).toHaveLength(1);
    expect(await adopt('--undo')).toEqual([0, '', ['db', kind.driver, 'forgotten']]);
    expect(await adopt('--undo')).toEqual([0, '', ['db', kind.driver, 'not adopted']]);
    expect(has()).toEqual([]);
  });
});
