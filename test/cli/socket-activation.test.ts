import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { callPlugin } from '../fakes/plugin-client.ts';
import { eventually } from '../lab/eventually.ts';
import { prepareDaemon } from '../lab/lone-daemon.ts';
import { alone } from '../lab/namespace.ts';
import { describeWith } from '../lab/requirements.ts';
import { environment } from '../lab/run.ts';

/** Does what systemd does for a socket unit: listens, passes the socket as descriptor 3, and executes the daemon. */
const serviceManager = `
use Socket; use POSIX ();
$^F = 9;
my ($path, $name, @daemon) = @ARGV;
socket(my $socket, PF_UNIX, SOCK_STREAM, 0) or die $!;
bind($socket, sockaddr_un($path)) or die $!;
listen($socket, 128) or die $!;
open(my $listens, '>', "$path.listens") or die $!;
POSIX::dup2(fileno($socket), 3) if fileno($socket) != 3;
@ENV{qw(LISTEN_PID LISTEN_FDS LISTEN_FDNAMES)} = ($$, 1, $name);
exec @daemon;
`;

let folder = '';
let daemon: ChildProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-activated-'));
});
afterEach(async () => {
  if (daemon?.exitCode === null) daemon.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** Resolves once the socket accepts connections. */
async function activate(name: string): Promise<{ readonly socket: string; err(): string }> {
  const local = (root: string) => ({ backend: 'local', settings: { root: join(folder, root) } });
  const { words } = await prepareDaemon(folder, { drivers: { gold: local('volumes'), iron: local('iron') } });
  const socket = join(folder, 'activated.sock');
  const child = spawn('unshare', [...alone, 'perl', '-e', serviceManager, socket, name, ...words], {
    env: environment(),
  });
  daemon = child;
  let err = '';
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  await eventually('the socket listens', async () => existsSync(`${socket}.listens`), {
    evidence: async () => err,
  });
  return { socket, err: () => err };
}

function askHealth(socketPath: string, path: string): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, agent: false }, async (response) => {
      const body = JSON.parse(await text(response));
      resolve({ status: response.statusCode ?? 0, body });
    });
    asked.on('error', reject).end();
  });
}

async function endOf(child: ChildProcess | undefined): Promise<number | null> {
  if (child === undefined || child.exitCode !== null) return child?.exitCode ?? null;
  return new Promise((resolve) => child.once('exit', resolve));
}

describeWith({ root: true, programs: ['unshare', 'perl'] }, 'holdfast serve under socket activation', () => {
  test('answers on the inherited socket, even calls from before its start, and does not remove it', async () => {
    const { socket } = await activate('iron');
    const early = await callPlugin(socket, 'VolumeDriver.Create', { Name: 'db' });
    expect(early.json).toEqual({});
    expect((await callPlugin(socket, 'VolumeDriver.Get', { Name: 'db' })).json).toMatchObject({
      Volume: { Status: { driver: 'iron' } },
    });
    daemon?.kill('SIGTERM');
    expect(await endOf(daemon)).toBe(0);
    expect(existsSync(socket)).toBe(true);
  });

  test('answers with an error at once for a driver that could not be started, and serves the others', async () => {
    const blocked = join(folder, 'state/iron');
    await mkdir(join(folder, 'state'));
    await writeFile(blocked, 'a file where its state should be');
    const { socket, err } = await activate('iron');
    const refused = await callPlugin(socket, 'Plugin.Activate');
    expect(refused.status).toBe(503);
    expect(refused.json).toEqual({
      Err: expect.stringMatching(/^Driver iron could not be started \(.*state\/iron.*\): fix that\. /),
    });
    const admin = join(folder, 'admin.sock');
    await eventually('all sockets are open', async () => existsSync(admin), { evidence: async () => err() });
    const gold = await callPlugin(join(folder, 'plugins/gold.sock'), 'VolumeDriver.List');
    expect(gold.json).toEqual({ Volumes: [] });
    expect(await askHealth(admin, '/health/live')).toMatchObject({ status: 200 });
    expect(await askHealth(admin, '/health/ready')).toMatchObject({
      status: 503,
      body: {
        drivers: [
          { driver: 'gold', state: 'ready' },
          { driver: 'iron', state: 'failed' },
        ],
      },
    });
    await rm(blocked);
    await eventually('iron serves', async () => {
      const answer = await callPlugin(socket, 'Plugin.Activate');
      return answer.status === 200;
    });
    await eventually('it is ready', async () => (await askHealth(admin, '/health/ready')).status === 200);
  });

  test('names the missing driver if a socket belongs to none', async () => {
    const { err } = await activate('copper');
    expect(await endOf(daemon)).toBe(1);
    expect(err()).toMatch(/FileDescriptorName=(gold|iron)/);
  });
});
