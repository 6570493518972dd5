import { expect, test } from '@jest/globals';
import { examineGlusterfs } from '../../../src/backends/glusterfs/examine.ts';
import type { Finding } from '../../../src/core/finding.ts';

interface Seen {
  /** For each brick: whether the client is connected. */
  readonly bricks?: readonly boolean[];
  readonly pending?: string;
  readonly more?: readonly string[];
  readonly fails?: Error;
}

const place = {
  mountId: 1,
  parentId: 0,
  device: '0:50',
  root: '/',
  mountpoint: '/m',
  options: [],
  propagation: [],
  type: 'fuse.glusterfs',
  source: 'gluster1:/gv0',
  superOptions: [],
};

/** A client as GlusterFS 10.3 shows itself in `.meta`. */
async function examined({
  bricks = [true, true],
  pending,
  more = ['gv0-utime'],
  fails,
}: Seen): Promise<readonly Finding[]> {
  const graph = '/m/.meta/graphs/vm-1';
  const texts = new Map(
    bricks.flatMap((isConnected, index) => [
      [
        `${graph}/gv0-client-${index}/private`,
        `[xlator]\nconnected = ${isConnected ? 1 : 0}\nmsgs_sent = 1\n`,
      ],
      [`${graph}/gv0-client-${index}/options/remote-host`, `g${index}\n`],
      [`${graph}/gv0-client-${index}/options/remote-subvolume`, `/bricks/gv0\n`],
    ]),
  );
  const names = [...bricks.map((_, index) => `gv0-client-${index}`), 'gv0-replicate-0', ...more];
  const files = {
    realPath: async (path: string) => {
      if (fails) throw fails;
      return path === '/m/.meta/graphs/active' ? graph : undefined;
    },
    list: async (path: string) => (path === graph ? names : undefined),
    readText: async (path: string) => texts.get(path),
    attribute: async (_: string, name: string) =>
      name === 'glusterfs.xattrop_index_count' ? pending : undefined,
  };
  const clock = { before: 1e12, theirs: 1e12 - 120_000, after: 1e12 + 20 };
  return examineGlusterfs('gv0', { entry: place, files, clock });
}
const told = (findings: readonly Finding[]) => findings.map(({ subject, level }) => `${subject} ${level}`);

test('a client with all its bricks and nothing to heal is ok', async () => {
  expect(told(await examined({ pending: '0\0' }))).toEqual(['bricks ok', 'heal ok']);
});

test('a brick that this host cannot reach is named, though its server says that it runs', async () => {
  const [bricks] = await examined({ bricks: [true, false, true] });
  expect(bricks).toMatchObject({
    level: 'warning',
    evidence: 'The client of this host is connected to 2 of 3 bricks; not to g1:/bricks/gv0.',
    mend: expect.stringContaining('gluster volume status gv0'),
  });
});

test('files that wait to be healed are counted', async () => {
  const found = await examined({ pending: '4\0' });
  expect(found.at(-1)).toMatchObject({
    subject: 'heal',
    level: 'warning',
    evidence: '4 files and directories wait to be healed: a replica lacks changes.',
    mend: expect.stringContaining('gluster volume heal gv0'),
  });
  expect(told(await examined({ pending: 'many' }))).toEqual(['bricks ok']);
});

test("the servers' clocks are compared only if they set the times of files", async () => {
  const found = await examined({ more: [] });
  expect(found.at(-1)).toMatchObject({
    subject: 'clock',
    level: 'warning',
    evidence: expect.stringContaining('120 s'),
  });
});

test('what cannot be asked is reported as unknown, and what does not exist is not', async () => {
  expect(told(await examined({ fails: new Error('ENOTCONN') }))).toEqual(['client warning']);
  expect(told(await examined({ bricks: [] }))).toEqual([]);
  expect(await examineGlusterfs('gv0', undefined)).toEqual([]);
});
