import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { callPlugin } from '../fakes/plugin-client.ts';
import { builtDaemon } from '../lab/built-daemon.ts';
import { eventually } from '../lab/eventually.ts';
import { alone } from '../lab/namespace.ts';
import { describeWith } from '../lab/requirements.ts';

/** What systemd does for a socket unit: listens, hands the socket over as descriptor 3, and becomes the daemon. */
const serviceManager = `
use Socket; use POSIX ();
$^F = 9;
my ($path, $name, @daemon) = @ARGV;
socket(my $socket, PF_UNIX, SOCK_STREAM, 0) or die $!;
bind($socket, sockaddr_un($path)) or die $!;
listen($socket, 128) or die $!;
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

async function activate(name: string): Promise<{ readonly socket: string; err(): string }> {
  const config = join(folder, 'config.yaml');
  const settings = { root: join(folder, 'volumes') };
  const configuration = {
    mountRoot: join(folder, 'mnt'),
    stateDir: join(folder, 'state'),
    runtimeDir: join(folder, 'run'),
    socketDir: join(folder, 'plugins'),
    adminSocket: join(folder, 'admin.sock'),
    drivers: {
      gold: { backend: 'local', settings },
      iron: { backend: 'local', settings: { root: join(folder, 'iron') } },
    },
  };
  await writeFile(config, JSON.stringify(configuration));
  const socket = join(folder, 'activated.sock');
  const program = [process.execPath, await builtDaemon(), 'serve', '--config', config];
  const child = spawn('unshare', [...alone, 'perl', '-e', serviceManager, socket, name, ...program]);
  daemon = child;
  let err = '';
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  return { socket, err: () => err };
}

async function endOf(child: ChildProcess | undefined): Promise<number | null> {
  if (child === undefined || child.exitCode !== null) return child?.exitCode ?? null;
  return new Promise((resolve) => child.once('exit', resolve));
}

describeWith({ root: true, programs: ['unshare', 'perl'] }, 'holdfast serve under socket activation', () => {
  test('answers on the socket that was handed over, also to who called before it ran, and leaves it there', async () => {
    const { socket, err } = await activate('iron');
    await eventually('the socket is there', async () => existsSync(socket), { evidence: async () => err() });
    const early = await callPlugin(socket, 'VolumeDriver.Create', { Name: 'db' });
    expect(early.json).toEqual({});
    expect((await callPlugin(socket, 'VolumeDriver.Get', { Name: 'db' })).json).toMatchObject({
      Volume: { Status: { driver: 'iron' } },
    });
    daemon?.kill('SIGTERM');
    expect(await endOf(daemon)).toBe(0);
    expect(existsSync(socket)).toBe(true);
  });

  test('refuses at once on the socket of a driver that could not be started, and serves the others', async () => {
    await mkdir(join(folder, 'state'));
    await writeFile(join(folder, 'state/iron'), 'a file where its state should be');
    const { socket, err } = await activate('iron');
    await eventually('the socket is there', async () => existsSync(socket), { evidence: async () => err() });
    const refused = await callPlugin(socket, 'Plugin.Activate');
    expect(refused.status).toBe(503);
    expect(refused.json).toEqual({ Err: expect.stringMatching(/^Driver iron could not be started: .*log/) });
    const gold = await callPlugin(join(folder, 'plugins/gold.sock'), 'VolumeDriver.List');
    expect(gold.json).toEqual({ Volumes: [] });
  });

  test('says which name is missing when the socket is no driver’s', async () => {
    const { err } = await activate('copper');
    expect(await endOf(daemon)).toBe(1);
    expect(err()).toMatch(/FileDescriptorName=(gold|iron)/);
  });
});
