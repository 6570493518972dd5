import { once } from 'node:events';
import { connect } from 'node:net';
import { csiService } from '../../../src/csi/services.ts';

/** A persistent gRPC connection with little overhead: headers are made once, and answers are counted but not read. */
export interface LoadClient {
  /** Resolves when the answer is there. Rejects for an error. Parallel calls are answered in any order. */
  call(method: string, request: object): Promise<void>;
  close(): void;
}

/** HTTP/2: RFC 9113, section 4.1 and 6. */
const frames = { data: 0, headers: 1, settings: 4, ping: 6, windowUpdate: 8 } as const;
const endStream = 1;
const acknowledged = 1;
const endHeaders = 4;
const largestWindow = 2 ** 31 - 1 - 65_535;

interface Waiting {
  resolve(): void;
  reject(error: Error): void;
  /** False for an error. */
  hasMessage: boolean;
}

export async function openLoadClient(socketPath: string): Promise<LoadClient> {
  const socket = connect(socketPath);
  await once(socket, 'connect');
  const waiting = new Map<number, Waiting>();
  const prepared = new Map<string, Prepared>();
  let nextStream = 1;
  let rest: Buffer = Buffer.alloc(0);

  function take(type: number, flags: number, stream: number, payload: Buffer): void {
    if (type === frames.settings && (flags & acknowledged) === 0)
      socket.write(frame(frames.settings, acknowledged, 0));
    if (type === frames.ping && (flags & acknowledged) === 0)
      socket.write(frame(frames.ping, acknowledged, 0, payload));
    const call = waiting.get(stream);
    if (call === undefined) return;
    if (type === frames.data) call.hasMessage = true;
    const isEnd = (type === frames.data || type === frames.headers) && (flags & endStream) !== 0;
    if (!isEnd) return;
    waiting.delete(stream);
    if (call.hasMessage) call.resolve();
    else call.reject(new Error('the call was answered with an error'));
  }

  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const end = 9 + rest.readUIntBE(0, 3);
      take(rest.readUInt8(3), rest.readUInt8(4), rest.readUInt32BE(5) & 0x7fffffff, rest.subarray(9, end));
      rest = rest.subarray(end);
    }
  });
  socket.on('close', () => {
    for (const call of waiting.values()) call.reject(new Error('the server closed the connection'));
  });
  const increment = Buffer.alloc(4);
  increment.writeUInt32BE(largestWindow);
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  socket.write(Buffer.concat([frame(frames.settings, 0, 0), frame(frames.windowUpdate, 0, 0, increment)]));
  return {
    call(method, request) {
      const { headers, serialize } = prepared.get(method) ?? prepare(method);
      prepared.set(method, { headers, serialize });
      const stream = nextStream;
      nextStream += 2;
      const message = serialize(request);
      const head = Buffer.alloc(5);
      head.writeUInt32BE(message.length, 1);
      socket.write(
        Buffer.concat([
          frame(frames.headers, endHeaders, stream, headers),
          frame(frames.data, endStream, stream, Buffer.concat([head, message])),
        ]),
      );
      return new Promise((resolve, reject) => waiting.set(stream, { resolve, reject, hasMessage: false }));
    },
    close: () => socket.destroy(),
  };
}

function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

interface Prepared {
  readonly headers: Buffer;
  serialize(request: object): Buffer;
}

function prepare(method: string): Prepared {
  for (const service of ['Identity', 'Controller', 'Node']) {
    const definition = csiService(service)[method];
    if (definition === undefined) continue;
    const headers = {
      ':method': 'POST',
      ':scheme': 'http',
      ':path': definition.path,
      ':authority': 'localhost',
      'content-type': 'application/grpc',
      te: 'trailers',
    };
    const literals = Object.entries(headers).map(([name, value]) => literal(name, value));
    return { headers: Buffer.concat(literals), serialize: (request) => definition.requestSerialize(request) };
  }
  throw new Error(`There is no method ${method}.`);
}

/** RFC 7541, section 6.2.2: a literal header that is not indexed. All are shorter than 127 bytes. */
function literal(name: string, value: string): Buffer {
  return Buffer.concat([
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ]);
}
