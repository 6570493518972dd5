import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from '@jest/globals';

export interface Node {
  readonly hostname: string;
  /** The states of the Engine API. */
  readonly state: 'unknown' | 'down' | 'ready' | 'disconnected';
  readonly updatedAt: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A Swarm manager with only `GET /nodes` of the Engine API, on its own Unix socket. */
export interface Manager {
  /** `unix:///…` */
  readonly address: string;
  /** By ID. */
  readonly nodes: Map<string, Node>;
  /** `worker`: it is not a manager; `leaderless`: most managers are down; `hang`: it does not answer. */
  fault: 'worker' | 'leaderless' | 'hang' | undefined;
}

/** Starts managers that end with the test. */
export function useManagers(): () => Promise<Manager> {
  let open: { readonly server: Server; readonly folder: string }[] = [];
  afterEach(async () => {
    const closing = open;
    open = [];
    for (const { server, folder } of closing) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    }
  });
  return async () => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-swarm-'));
    const path = join(folder, 'docker.sock');
    const manager: Manager = { address: `unix://${path}`, nodes: new Map(), fault: undefined };
    const server = createServer((request, response) => {
      if (manager.fault === 'hang') return;
      const { status, body } = answer(`${request.method} ${request.url}`, manager);
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    });
    open.push({ server, folder });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return manager;
  };
}

function answer(
  request: string,
  { fault, nodes }: Manager,
): { readonly status: number; readonly body: object } {
  if (request !== 'GET /nodes') return { status: 404, body: { message: 'page not found' } };
  if (fault === 'worker') {
    const message =
      "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. Please run this command on a manager node or promote the current node to a manager.";
    return { status: 503, body: { message } };
  }
  if (fault === 'leaderless') {
    const message =
      "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few managers are online.";
    return { status: 500, body: { message } };
  }
  return { status: 200, body: [...nodes].map(nodeAnswer) };
}

function nodeAnswer([id, { hostname, state, updatedAt, labels = {} }]: readonly [string, Node]): object {
  return {
    ID: id,
    Version: { Index: 42 },
    CreatedAt: '2026-01-01T00:00:00.123456789Z',
    UpdatedAt: updatedAt,
    Spec: { Labels: labels, Role: 'worker', Availability: 'active' },
    Description: {
      Hostname: hostname,
      Platform: { Architecture: 'x86_64', OS: 'linux' },
      Resources: { NanoCPUs: 2_000_000_000, MemoryBytes: 4_000_000_000 },
      Engine: { EngineVersion: '27.3.1', Labels: {} },
    },
    Status: {
      State: state,
      Addr: '127.0.0.1',
      ...(state === 'down' ? { Message: 'heartbeat failure' } : {}),
    },
  };
}
