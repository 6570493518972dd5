import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type FloorServer, startFloor } from '../floor-server.ts';
import { emptyHandler } from '../server-process.ts';
import { type LoadClient, openLoadClient } from './load-client.ts';

/** An empty `node:http` handler, and over grpc-js the least that these calls are: an empty answer, and the system calls alone. */
export interface CsiFloor extends FloorServer {
  readonly client: LoadClient;
  close(): Promise<void>;
}

/** Messages are not parsed, and it keeps nothing. */
const grpcHandler = (source: string, target: string) => `
const { Server, ServerCredentials } = require('@grpc/grpc-js');
const { mkdir, rmdir } = require('node:fs/promises');
const library = require('koffi').load(null);
const mount = library.func('mount', 'int', ['str', 'str', 'str', 'ulong', 'str']);
const umount2 = library.func('umount2', 'int', ['str', 'int']);
const same = (bytes) => bytes;
const method = (path) => ({ path, requestStream: false, responseStream: false, requestSerialize: same,
  requestDeserialize: same, responseSerialize: same, responseDeserialize: same });
const answer = Buffer.alloc(0);
const grpc = new Server();
grpc.addService({ Probe: method('/csi.v1.Identity/Probe'), NodePublishVolume: method('/csi.v1.Node/NodePublishVolume'),
  NodeUnpublishVolume: method('/csi.v1.Node/NodeUnpublishVolume') }, {
  Probe: (call, callback) => callback(null, answer),
  NodePublishVolume: async (call, callback) => {
    await mkdir('${target}');
    callback(mount('${source}', '${target}', null, 4096, null) === 0 ? null : { code: 13 }, answer);
  },
  NodeUnpublishVolume: async (call, callback) => {
    const result = umount2('${target}', 8);
    await rmdir('${target}');
    callback(result === 0 ? null : { code: 13 }, answer);
  },
});
grpc.bindAsync('unix:' + process.argv[1] + '.grpc', ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
  ${emptyHandler}
});`;

/** `pods`: the directory of the targets, which decides what making one costs. */
export async function startCsiFloor(folder: string, pods: string): Promise<CsiFloor> {
  const source = join(folder, 'floor-source');
  mkdirSync(source, { recursive: true });
  const floor = await startFloor(folder, grpcHandler(source, join(pods, 'floor')));
  const client = await openLoadClient(`${floor.server.socketPath}.grpc`);
  return {
    ...floor,
    client,
    async close() {
      client.close();
      floor.connection.close();
      await floor.server.stop();
    },
  };
}
