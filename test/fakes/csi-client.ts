import { createServer } from 'node:net';
import {
  type ClientOptions,
  credentials,
  makeClientConstructor,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import type { CsiParts } from '../../src/csi/parts.ts';
import { createCsiServer } from '../../src/csi/server.ts';
import { csiService } from '../../src/csi/services.ts';

// biome-ignore lint/suspicious/noExplicitAny: messages as they come
type Message = any;

interface CsiCall {
  /** Milliseconds from now. */
  readonly deadline?: number;
}

/** A client of one endpoint, like those of the kubelet and Nomad. */
export interface CsiClient {
  /** Rejects with gRPC's error: `code` is a number, `details` the message. */
  call(method: string, request?: object, how?: CsiCall): Promise<Message>;
  close(): void;
}

export function connectCsi(socket: string, options: ClientOptions = {}): CsiClient {
  const made = ['Identity', 'Controller', 'Node'].map((name) => {
    const definition = csiService(name);
    const Client = makeClientConstructor(definition, name);
    return { definition, client: new Client(`unix://${socket}`, credentials.createInsecure(), options) };
  });
  return {
    call(method, request = {}, { deadline = 60_000 } = {}) {
      const having = made.find(({ definition }) => method in definition);
      const path = having?.definition[method];
      if (having === undefined || path === undefined) throw new Error(`There is no method ${method}.`);
      return new Promise((resolve, reject) =>
        having.client.makeUnaryRequest(
          path.path,
          path.requestSerialize,
          path.responseDeserialize,
          request,
          { deadline: Date.now() + deadline },
          (error: ServiceError | null, answer?: Message) => (error ? reject(error) : resolve(answer)),
        ),
      );
    },
    close() {
      for (const { client } of made) client.close();
    },
  };
}

export interface ServedCsi {
  readonly socket: string;
  close(): Promise<void>;
}

/** Serves the endpoint on a socket, as the daemon does. */
export async function serveCsi(socket: string, parts: CsiParts): Promise<ServedCsi> {
  const served = createCsiServer(parts);
  const server = createServer((connection) => served.take(connection));
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    socket,
    async close() {
      served.end();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** The code and message of a rejected call: "NOT_FOUND: There is no volume db." */
export async function refusal(answer: Promise<unknown>): Promise<string> {
  try {
    await answer;
    return 'OK';
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && 'details' in error)) throw error;
    return `${status[Number(error.code)]}: ${error.details}`;
  }
}

export const mountable = {
  mount: { fs_type: '', mount_flags: [] },
  access_mode: { mode: 'SINGLE_NODE_WRITER' },
};
