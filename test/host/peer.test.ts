import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createPeerLook } from '../../src/host/peer.ts';
import { describeWith } from '../lab/requirements.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-peer-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** What `look` reports about the connecting process. */
async function seen(connecting: (path: string) => () => void, systemCalls: 'auto' | 'spawned' = 'auto') {
  const look = await createPeerLook(systemCalls);
  const path = join(folder, 'it.sock');
  const server = createServer();
  server.listen(path);
  await once(server, 'listening');
  const end = connecting(path);
  try {
    const [socket]: Socket[] = await once(server, 'connection');
    const found = socket && look(socket);
    socket?.destroy();
    return { found, afterwards: socket && look(socket) };
  } finally {
    end();
    server.close();
  }
}

const script =
  "require('net').connect(process.argv[1]); process.title = process.argv[2]; setTimeout(() => 0, 9e4)";

function client(title: string, uid?: number) {
  let pid = 0;
  const connecting = (path: string) => {
    const child = spawn(
      process.execPath,
      ['-e', script, path, title],
      uid === undefined ? {} : { uid, cwd: '/' },
    );
    pid = child.pid ?? 0;
    return () => void child.kill('SIGKILL');
  };
  return { connecting, pid: () => pid };
}

describe('who is at the other end of a Unix socket', () => {
  test('is this process itself', async () => {
    const here = (path: string) => {
      const socket = connect(path);
      return () => void socket.destroy();
    };
    const { found, afterwards } = await seen(here);
    expect(found).toMatchObject({ pid: process.pid, uid: process.geteuid?.() });
    expect(afterwards).toBeUndefined();
  });

  test('is another process, by any name it gave itself', async () => {
    const { connecting, pid } = client('evil\u001b[2J\nname');
    const { found } = await seen(connecting);
    expect(found).toMatchObject({ pid: pid(), command: expect.any(String) });
    expect(found?.command?.length).toBeLessThanOrEqual(15);
  });

  test('is unknown without koffi', async () => {
    expect((await seen(client('x').connecting, 'spawned')).found).toBeUndefined();
  });
});

describeWith({ root: true, programs: [] }, 'as root', () => {
  test('the peer has the user of its process', async () => {
    const { chmod } = await import('node:fs/promises');
    await chmod(folder, 0o777);
    process.umask(0);
    expect((await seen(client('x', 65534).connecting)).found).toMatchObject({ uid: 65534 });
  });
});
