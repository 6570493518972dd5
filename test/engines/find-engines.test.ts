import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { findEngines } from '../../src/engines/find-engines.ts';
import { runningEngines } from '../../src/engines/life.ts';
import { engineAt } from '../../src/engines/usual-engines.ts';
import { describeWith } from '../lab/requirements.ts';

let folder: string;
const servers: Server[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-engines-'));
  mkdirSync(join(folder, 'proc/self/ns'), { recursive: true });
  symlinkSync('mnt:[1]', join(folder, 'proc/self/ns/mnt'));
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  rmSync(folder, { recursive: true });
});

interface Process {
  readonly comm?: string;
  readonly uid?: number;
  readonly mounts?: string;
  /** Paths on which it listens. */
  readonly sockets: readonly string[];
}

/** A process as proc(5) shows it. */
function shown(pid: number, { comm = 'dockerd', uid = 0, mounts = 'mnt:[1]', sockets }: Process): void {
  const place = join(folder, 'proc', `${pid}`);
  for (const sub of ['ns', 'net', 'fd']) mkdirSync(join(place, sub), { recursive: true });
  writeFileSync(join(place, 'comm'), `${comm}\n`);
  writeFileSync(join(place, 'status'), `Name:\t${comm}\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\n`);
  symlinkSync(mounts, join(place, 'ns/mnt'));
  symlinkSync('/dev/null', join(place, 'fd/0'));
  const line = (inode: number, path: string, flags = '00010000') =>
    `0000000000000000: 00000002 00000000 ${flags} 0001 01 ${inode} ${path}`;
  const lines = sockets.map((path, index) => {
    symlinkSync(`socket:[${pid}00${index}]`, join(place, `fd/${index + 3}`));
    return line(Number(`${pid}00${index}`), path);
  });
  const others = [
    line(7, '/run/other.sock'),
    line(8, '/run/connected.sock', '00000000'),
    line(9, '@abstract'),
  ];
  writeFileSync(join(place, 'net/unix'), ['Num       RefCount …', ...others, ...lines, ''].join('\n'));
}

async function listening(name: string): Promise<string> {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  const server = createServer(() => undefined);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return path;
}

const found = () => findEngines(join(folder, 'proc'));

describeWith({ root: true }, 'engines are found', () => {
  test('by the socket on which their process listens, with the command that reaches it', async () => {
    const [docker, podman] = [await listening('docker.sock'), await listening('api.sock')];
    const libnetwork = await listening('docker/libnetwork/1f2e.sock');
    const metrics = await listening('docker/metrics.sock');
    shown(11, { sockets: [libnetwork, metrics, docker] });
    shown(12, { comm: 'podman', sockets: [podman] });
    expect([...(await found())].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      {
        name: `Docker on ${docker}`,
        kind: 'Docker',
        command: `docker -H unix://${docker}`,
        socket: docker,
        isUsual: false,
      },
      {
        name: `Podman on ${podman}`,
        kind: 'Podman',
        command: `podman --url unix://${podman}`,
        socket: podman,
        isUsual: false,
      },
    ]);
  });

  test('once, beside those on their default sockets, of which Docker is not asked while it is stopped', async () => {
    const docker = await listening('docker.sock');
    shown(11, { sockets: [docker] });
    shown(12, { sockets: [docker] });
    const none = { socket: '/run/docker.sock', pidFile: join(folder, 'none.pid'), program: 'dockerd' };
    const names = async () => (await runningEngines(none, found)).map(({ socket }) => socket);
    expect(await names()).toEqual(['/run/podman/podman.sock', docker]);
  });

  test.each<[string, (socket: string) => Process]>([
    ['of another user', (socket) => ({ uid: 1000, sockets: [socket] })],
    ['with other mounts, such as one in a container', (socket) => ({ mounts: 'mnt:[2]', sockets: [socket] })],
    ['of another name', (socket) => ({ comm: 'containerd', sockets: [socket] })],
    ['whose socket is gone', (socket) => ({ sockets: [`${socket}.gone`] })],
    ['that listens on nothing, as most podman commands', () => ({ comm: 'podman', sockets: [] })],
  ])('but none %s', async (_, process) => {
    shown(11, process(await listening('docker.sock')));
    expect(await found()).toEqual([]);
  });

  test('even if processes end meanwhile, or cannot be read', async () => {
    const docker = await listening('docker.sock');
    for (let pid = 100; pid < 300; pid += 1) mkdirSync(join(folder, 'proc', `${pid}`));
    shown(11, { sockets: [docker] });
    expect((await found()).map(({ socket }) => socket)).toEqual([docker]);
    expect(await findEngines(join(folder, 'nothing'))).toEqual([]);
  });

  test('and an odd path is one word of the command', () => {
    expect(engineAt('Docker', "/run/a b'; rm").command).toBe("docker -H unix://'/run/a b'\\''; rm'");
    expect(engineAt('Docker', '/var/run/docker.sock').command).toBe('docker');
  });

  test('on this machine, without an error', async () => {
    for (const { socket } of await findEngines()) expect(socket).toMatch(/^\//);
  });
});
