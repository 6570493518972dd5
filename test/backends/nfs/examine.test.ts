import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { examineNfs } from '../../../src/backends/nfs/examine.ts';
import { readExports } from '../../../src/backends/nfs/exports.ts';
import type { NfsVersion } from '../../../src/backends/nfs/version.ts';
import { xdrBytes } from '../../../src/backends/shared/network-share/onc-rpc.ts';
import type { MountedShare } from '../../../src/backends/shared/network-share/share.ts';
import type { Finding } from '../../../src/core/finding.ts';
import { createFakeHost, createFakeState } from '../../fakes/host/fake-host.ts';
import type { FakeServer } from '../../fakes/host/network.ts';
import { answersNull, answersWith, reply, words } from '../shared/network-share/null-answer.ts';

const mark = words(1);
const exportsOf = (...paths: readonly string[]): Buffer =>
  Buffer.concat([
    ...paths.flatMap((path) => [mark, xdrBytes(path), mark, xdrBytes('*'), words(0)]),
    words(0),
  ]);

/** The calls in a request. */
function callsIn(request: Uint8Array) {
  const bytes = Buffer.from(request);
  const calls: { readonly id: number; readonly procedure: number; readonly asked: number }[] = [];
  for (let at = 0; at + 8 <= bytes.length; at += 4 + (bytes.readUInt32BE(at) & 0x7fff_ffff)) {
    const whole = 4 + (bytes.readUInt32BE(at) & 0x7fff_ffff);
    const asked = whole > 44 ? bytes.readUInt32BE(at + 44) : 0;
    calls.push({ id: bytes.readUInt32BE(at + 4), procedure: bytes.readUInt32BE(at + 24), asked });
  }
  return calls;
}

const mountd = 100_005;
const ports: Readonly<Record<number, number>> = { [mountd]: 20_048, 100021: 32_803, 100024: 662 };

const rpcbind =
  (registered: Readonly<Record<number, number>> = ports): FakeServer =>
  (request) =>
    Buffer.concat(callsIn(request).map(({ id, asked }) => reply(id, 0, registered[asked] ?? 0)));

const mounting =
  (...paths: readonly string[]): FakeServer =>
  (request) => {
    const [{ id, procedure } = { id: 0, procedure: 0 }] = callsIn(request);
    const results = procedure === 5 ? exportsOf(...paths) : Buffer.alloc(0);
    return reply(id, 0, ...Array.from({ length: results.length / 4 }, (_, n) => results.readUInt32BE(4 * n)));
  };

const whole: Readonly<Record<number, FakeServer>> = {
  111: rpcbind(),
  2049: answersWith(2, 3, 4),
  20048: mounting('/srv/other', '/srv'),
  32803: answersNull,
  662: answersNull,
};

async function examined(
  version: NfsVersion,
  servers: Readonly<Record<number, FakeServer | undefined>>,
  { mountOptions = [], mounted }: { mountOptions?: readonly string[]; mounted?: MountedShare } = {},
): Promise<readonly Finding[]> {
  const state = createFakeState();
  for (const [port, server] of Object.entries({ ...whole, ...servers }))
    if (server !== undefined) state.servers.set(`nfs.example:${port}`, server);
  const address = { server: 'nfs.example', path: '/srv/volumes' };
  const { network } = createFakeHost(state);
  return examineNfs(
    { network, address, version, mountOptions },
    { host: address.server, port: 2049 },
    mounted,
    AbortSignal.timeout(30),
  );
}
const place = {
  mountId: 1,
  parentId: 0,
  device: '0:50',
  root: '/',
  mountpoint: '/m',
  options: [],
  propagation: [],
  type: 'nfs4',
  source: 'nfs.example:/srv/volumes',
};
const levels = (findings: readonly Finding[]) => findings.map(({ subject, level }) => `${subject} ${level}`);
const inOrder = ['versions ok', 'rpcbind ok', 'mountd ok', 'nlockmgr ok', 'statd ok', 'export ok'];

test('the findings of a healthy server are ok, and have its versions', async () => {
  const found = await examined('3', {});
  expect(levels(found)).toEqual(inOrder);
  expect(found[0]?.evidence).toBe('nfs.example serves NFS 3 to 4.');
});

test('NFS 4 needs only its port', async () => {
  const found = await examined('4.2', { 111: undefined, 20048: undefined, 32803: undefined, 662: undefined });
  expect(levels(found)).toEqual(['versions ok']);
});

test('locks that stay on this host need no services', async () => {
  const found = await examined('3', { 32803: undefined, 662: undefined }, { mountOptions: ['nolock'] });
  expect(levels(found)).toEqual(['versions ok', 'rpcbind ok', 'mountd ok', 'export ok']);
});

describe.each([
  [111, 'rpcbind'],
  [20_048, 'mountd'],
  [32_803, 'nlockmgr'],
  [662, 'statd'],
] as const)('at port %s, %s', (port, name) => {
  test('that refuses the connection is distinguished from one that is silent', async () => {
    const of = (findings: readonly Finding[]) => findings.find(({ subject }) => subject === name);
    expect(of(await examined('3', { [port]: undefined }))).toMatchObject({
      level: 'failure',
      evidence: `${name} of nfs.example refuses the connection at port ${port}; NFS 3 needs it.`,
      mend: expect.stringMatching(/^On the server: `systemctl start [\w-]+`\.$/),
    });
    expect(of(await examined('3', { [port]: () => 'silent' }))).toMatchObject({
      level: 'failure',
      evidence: `${name} of nfs.example does not answer at port ${port}; NFS 3 needs it.`,
      mend: expect.stringContaining(`Let TCP port ${port} through the firewall`),
    });
  });
});

test('a service that is not registered is named', async () => {
  const found = await examined('3', { 111: rpcbind({ ...ports, 100024: 0 }) });
  expect(found.filter(({ level }) => level !== 'ok')).toEqual([
    {
      level: 'failure',
      subject: 'statd',
      evidence: 'rpcbind of nfs.example knows no statd, which NFS 3 needs.',
      mend: 'On the server: `systemctl restart rpc-statd`.',
    },
  ]);
});

test('an export that is not in the list is named with those that are', async () => {
  const found = await examined('3', { 20048: mounting('/srv/vol', '/home') });
  expect(found.at(-1)).toMatchObject({
    level: 'failure',
    evidence: 'nfs.example exports /srv/vol, /home, and not /srv/volumes.',
  });
});

test.each([
  [0, 'ok', /agree/],
  [30_000, 'ok', /30 s behind/],
  [90_000, 'warning', /90 s behind/],
  [-3_600_000, 'warning', /3600 s ahead of/],
])('a server whose clock differs by %s ms is %s', async (off, level, evidence) => {
  const { files } = createFakeHost(createFakeState());
  const clock = { before: 1e12, theirs: 1e12 + 10 + off, after: 1e12 + 20 };
  const superOptions = ['rw', 'vers=4.2', 'sec=sys'];
  const found = await examined('4.2', {}, { mounted: { files, clock, entry: { ...place, superOptions } } });
  expect(found[0]?.evidence).toContain('mounted with vers=4.2, sec=sys');
  expect(found.at(-1)).toMatchObject({ subject: 'clock', level, evidence: expect.stringMatching(evidence) });
});

test('any bytes are read as a list of exports, or as none', () => {
  expect(readExports(exportsOf('/a', '/bcd', '/efghi'))).toEqual(['/a', '/bcd', '/efghi']);
  expect(readExports(exportsOf())).toEqual([]);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const found = readExports(Buffer.from(bytes));
      expect(found === undefined || Array.isArray(found)).toBe(true);
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })), (paths) => {
      expect(readExports(exportsOf(...paths))).toEqual(paths);
    }),
  );
});
