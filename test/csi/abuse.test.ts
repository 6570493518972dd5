import { connect } from 'node:http2';
import { createConnection as connectSocket } from 'node:net';
import { credentials, Metadata, makeClientConstructor } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { csiService } from '../../src/csi/services.ts';
import { mountable, refusal } from '../fakes/csi-client.ts';
import { type CsiRig, openCsiRig } from '../fakes/csi-rig.ts';

let rig: CsiRig;
beforeEach(async () => {
  rig = await openCsiRig();
});
afterEach(() => rig.close());

const isWell = async () => expect(await rig.client.call('Probe')).toEqual({ ready: { value: true } });

/** Makes a call with these bytes as its message; resolves with gRPC's status. */
function raw(path: string, message: Uint8Array, metadata = new Metadata()): Promise<number> {
  const Client = makeClientConstructor(csiService('Identity'), 'Identity');
  const client = new Client(`unix://${rig.socket}`, credentials.createInsecure());
  const asIs = (bytes: Buffer) => bytes;
  return new Promise<number>((resolve) =>
    client.makeUnaryRequest(
      path,
      asIs,
      asIs,
      Buffer.from(message),
      metadata,
      { deadline: Date.now() + 20_000 },
      (error) => resolve(error?.code ?? 0),
    ),
  ).finally(() => client.close());
}

const grpcPost = (path: string) => ({
  ':method': 'POST',
  ':path': path,
  'content-type': 'application/grpc',
  te: 'trailers',
});

test('256 calls at once are answered, and 256 for one volume create it once', async () => {
  const all = await Promise.all(
    Array.from({ length: 256 }, (_, index) =>
      rig.client.call('CreateVolume', { name: `v${index % 32}`, volume_capabilities: [mountable] }),
    ),
  );
  expect(all).toHaveLength(256);
  expect((await rig.client.call('ListVolumes')).entries).toHaveLength(32);
  const paths = Array.from({ length: 256 }, (_, index) => `/pods/${index % 64}`);
  const published = (target_path: string) => ({ volume_id: 'v0', target_path, volume_capability: mountable });
  await Promise.all(paths.map((path) => rig.client.call('NodePublishVolume', published(path))));
  expect(await rig.host.mounts.below('/pods')).toHaveLength(64);
  await Promise.all(paths.map((path) => rig.client.call('NodeUnpublishVolume', published(path))));
  expect(await rig.host.mounts.below('/pods')).toHaveLength(0);
});

test('a deadline ends the wait, but not the work', async () => {
  const late = rig.client.call(
    'CreateVolume',
    { name: 'db', volume_capabilities: [mountable] },
    { deadline: 3 },
  );
  expect(await refusal(late)).toMatch(/^(DEADLINE_EXCEEDED|OK)/);
  await rig.client.call('CreateVolume', { name: 'db', volume_capabilities: [mountable] });
  expect((await rig.client.call('ListVolumes')).entries).toHaveLength(1);
});

test('the endpoint still answers after calls that a broken connection cancelled', async () => {
  const calls = Array.from({ length: 20 }, async (_, index) => {
    const session = connect('http://localhost', { createConnection: () => connectSocket(rig.socket) });
    session.on('error', () => undefined);
    const stream = session.request(grpcPost('/csi.v1.Controller/ListVolumes'));
    stream.on('error', () => undefined);
    stream.write(Buffer.alloc(index % 2 === 0 ? 5 : 3));
    await new Promise((resolve) => setTimeout(resolve, 10));
    session.destroy();
  });
  await Promise.all(calls);
  await isWell();
});

test('metadata is ignored', async () => {
  const metadata = new Metadata();
  metadata.set('x', 'y'.repeat(8 * 1024));
  expect(await raw('/csi.v1.Identity/Probe', new Uint8Array(), metadata)).toBe(0);
});

/** Calls with metadata that no client sends by itself, and resolves with the error that ends the call. */
async function callWithMuch(socket: string, metadata: Readonly<Record<string, string>>): Promise<string> {
  const session = connect('http://localhost', {
    createConnection: () => connectSocket(socket),
    // Without this setting, the client itself refuses to send it.
    maxSendHeaderBlockLength: 4 * 1024 ** 2,
  });
  session.on('error', () => undefined);
  const stream = session.request({ ...grpcPost('/csi.v1.Identity/Probe'), ...metadata });
  stream.end(Buffer.alloc(5));
  const ended = new Promise<string>((resolve) => stream.once('error', ({ message }) => resolve(message)));
  return ended.finally(() => session.destroy());
}

test.each([
  ['in one field', { x: 'y'.repeat(1024 ** 2) }],
  [
    'in ten thousand fields',
    Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, 'y'.repeat(100)])),
  ],
])(
  'a megabyte of metadata %s ends the call with an error, and delays no other caller',
  async (_, metadata) => {
    const impatient = await openCsiRig({}, { patience: { silence: 500, answer: 500 } });
    try {
      let ended = '';
      const call = callWithMuch(impatient.socket, metadata).then((message) => {
        ended = message;
      });
      while (ended === '') expect(await impatient.client.call('Probe')).toEqual({ ready: { value: true } });
      await call;
      expect(ended).toMatch(/closed with error code/);
    } finally {
      await impatient.close();
    }
  },
);

test('an idle client that answers keeps its connection', async () => {
  const impatient = await openCsiRig({}, { patience: { silence: 20, answer: 2_000 } });
  const session = connect('http://localhost', { createConnection: () => connectSocket(impatient.socket) });
  let pings = 0;
  session.on('ping', () => pings++);
  while (pings < 10) await new Promise((resolve) => session.once('ping', resolve));
  expect(session.closed || session.destroyed).toBe(false);
  session.destroy();
  await impatient.close();
});

test('the endpoint closes although a connection is neither read nor closed by its client', async () => {
  const closing = await openCsiRig();
  const connection = connectSocket(closing.socket);
  connection.on('error', () => undefined).pause();
  await new Promise((resolve) => connection.once('connect', resolve));
  const closed = new Promise((resolve) => connection.once('close', resolve));
  await closing.client.call('Probe');
  await closing.close();
  connection.resume();
  await closed;
});

test.each([
  ['what is not a message', '/csi.v1.Controller/CreateVolume', [0xff, 0xff, 0xff, 0xff], 13],
  ['a length beyond the message', '/csi.v1.Controller/CreateVolume', [0x0a, 0x7f, 0x61], 13],
  ['a name that is not UTF-8', '/csi.v1.Controller/CreateVolume', [0x0a, 0x02, 0xc3, 0x28], 13],
  ['a field that nobody knows', '/csi.v1.Identity/Probe', [0xfa, 0x3f, 0x01, 0x61], 0],
  ['a method that nobody knows', '/csi.v1.Controller/Explode', [], 12],
  ['another version of the interface', '/csi.v2.Identity/Probe', [], 12],
])('%s is answered by a status', async (_, path, bytes, code) => {
  expect(await raw(path, Uint8Array.from(bytes))).toBe(code);
  await isWell();
});

test('a message longer than four megabytes is refused', async () => {
  expect(await raw('/csi.v1.Controller/CreateVolume', new Uint8Array(5 * 1024 ** 2))).toBe(8);
  await isWell();
});

test('a connection that does not speak HTTP/2 is closed', async () => {
  const socket = connectSocket(rig.socket);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => undefined);
  socket.end('POST /VolumeDriver.List HTTP/1.1\r\nHost: x\r\n\r\n');
  socket.resume();
  await closed;
  await isWell();
});
