import { type ChildProcess, execFile, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { callPlugin } from '../fakes/plugin-client.ts';
import { builtDaemon } from '../lab/built-daemon.ts';
import { eventually } from '../lab/eventually.ts';
import { alone } from '../lab/namespace.ts';
import { freePort } from '../lab/network/free-port.ts';
import { describeWith } from '../lab/requirements.ts';
import { output } from '../lab/run.ts';

const script = fileURLToPath(new URL('../../scripts/tarball.mjs', import.meta.url));

/** Packs, and returns the tarball's path. */
async function pack(folder: string): Promise<string> {
  await output(process.execPath, [script, '--output', folder]);
  const [file = '', ...more] = await readdir(folder);
  expect([file, more]).toEqual([expect.stringMatching(/^holdfast-[\d.]+-linux-\w+\.tar\.gz$/), []]);
  return join(folder, file);
}

describeWith({ root: true, programs: ['unshare', 'tar', 'gzip'] }, 'the tarball', () => {
  let folder = '';
  let unpacked = '';
  let daemon: ChildProcess | undefined;
  beforeAll(async () => {
    await builtDaemon();
    folder = await mkdtemp(join(tmpdir(), 'holdfast-tarball-'));
    const file = await pack(join(folder, 'one'));
    await output('tar', ['-xzf', file, '-C', folder]);
    unpacked = join(folder, (await readdir(folder)).find((name) => name.startsWith('holdfast-')) ?? '');
  });
  afterEach(async () => {
    if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
    daemon.kill('SIGKILL');
    await once(daemon, 'exit');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** In its own mount namespace, in which only the unpacked packages exist. */
  async function serve(
    drivers: Readonly<Record<string, unknown>>,
    admin: Readonly<Record<string, unknown>> = {},
  ): Promise<(driver: string) => string> {
    const config = join(folder, 'config.yaml');
    const places = {
      mountRoot: join(folder, 'mnt'),
      stateDir: join(folder, 'state'),
      runtimeDir: join(folder, 'run'),
      socketDir: join(folder, 'plugins'),
      adminSocket: join(folder, 'admin.sock'),
    };
    await writeFile(config, JSON.stringify({ ...places, drivers, admin }));
    const main = join(unpacked, 'dist/main.js');
    const child = spawn('unshare', [...alone, process.execPath, main, 'serve', '--config', config], {
      env: { PATH: process.env.PATH, AWS_ACCESS_KEY_ID: 'AKIA0', AWS_SECRET_ACCESS_KEY: 'x' },
    });
    daemon = child;
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
    await eventually(
      'the daemon serves',
      async () => said.includes('adminSocket') || said.includes(' serves '),
      {
        evidence: async () => said,
      },
    );
    return (driver) => join(folder, 'plugins', `${driver}.sock`);
  }

  test('is reproducible', async () => {
    const [one, two] = [join(folder, 'one'), await pack(join(folder, 'two'))];
    const [name = ''] = await readdir(one);
    expect((await readFile(two)).equals(await readFile(join(one, name)))).toBe(true);
  });

  test('contains the completion for each shell, and the manual page', async () => {
    const share = join(unpacked, 'dist/share');
    const printed = (...words: string[]) =>
      output(process.execPath, [join(unpacked, 'dist/main.js'), ...words]);
    for (const shell of ['bash', 'zsh', 'fish'])
      expect((await readFile(join(share, `holdfast.${shell}`), 'utf8')).trim()).toBe(
        await printed('completion', shell),
      );
    expect(await readFile(join(share, 'holdfast.1'), 'utf8')).toContain('.TH HOLDFAST 1');
    expect(await printed('__complete', 'zsh', '--', 'holdfast', 'volume', 'ins')).toContain('inspect');
  });

  test('contains the units, the documentation and all licences', async () => {
    expect(await readdir(join(unpacked, 'units'))).toEqual(['holdfast-holdfast.socket', 'holdfast.service']);
    expect(existsSync(join(unpacked, 'docs/install.md'))).toBe(true);
    const licences = await readFile(join(unpacked, 'LICENSES.txt'), 'utf8');
    for (const name of ['express', 'zod', 'koffi', 'preact', '@aws-sdk/client-ec2'])
      expect(licences).toMatch(new RegExp(`^${name} [\\d.]+ \\(.+\\)$`, 'm'));
  });

  test('unpacked anywhere, serves and mounts a volume by system calls, and removes it', async () => {
    const socket = (await serve({ gold: { backend: 'local', settings: { root: join(folder, 'volumes') } } }))(
      'gold',
    );
    const call = async (method: string, body: object) =>
      (await callPlugin(socket, `VolumeDriver.${method}`, { Name: 'db', ...body })).json;
    expect(await call('Create', {})).toEqual({});
    expect(await call('Mount', { ID: 'a' })).toEqual({ Mountpoint: join(folder, 'mnt/gold/db') });
    const mounts = () => readFile(`/proc/${daemon?.pid}/mountinfo`, 'utf8');
    expect(await mounts()).toContain(` ${join(folder, 'mnt/gold/db')} `);
    expect(await readFile(`/proc/${daemon?.pid}/maps`, 'utf8')).toContain(
      join(unpacked, 'node_modules/@koromix'),
    );
    expect(await call('Unmount', { ID: 'a' })).toEqual({});
    // Remove also uses the thread that scans other mount namespaces.
    expect(await call('Remove', {})).toEqual({});
    expect(await mounts()).not.toContain('/mnt/gold/db');
  });

  test('reports its metrics, for which it loads a package that nothing else needs', async () => {
    await serve({ gold: { backend: 'local', settings: { root: join(folder, 'volumes') } } });
    const asked = request({ socketPath: join(folder, 'admin.sock'), path: '/metrics', agent: false }).end();
    const [response]: IncomingMessage[] = await once(asked, 'response');
    expect(response && (await text(response))).toContain('holdfast_volumes{driver="gold"} ');
    expect(response?.statusCode).toBe(200);
  });

  test('contains the page in the browser', async () => {
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, 'e5'.repeat(32), { mode: 0o600 });
    const listen = `127.0.0.1:${await freePort()}`;
    const gold = { backend: 'local', settings: { root: join(folder, 'volumes') } };
    await serve({ gold }, { listen, tokenFile, page: true });
    const get = (path: string) => fetch(`http://${listen}${path}`);
    await eventually('the page is served', async () => (await get('/')).status === 200);
    const document = await (await get('/')).text();
    const linked = [...document.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path);
    expect(linked.sort()).toEqual(['icon.svg', 'page.css', 'page.js']);
    for (const path of linked) {
      const answer = await get(`/${path}`);
      expect([path, answer.status]).toEqual([path, 200]);
      expect((await answer.text()).length).toBeGreaterThan(100);
    }
  });

  test('contains dvdcli, which works through a link at any place', async () => {
    await serve({ gold: { backend: 'local', settings: { root: join(folder, 'volumes') } } });
    const link = join(folder, 'dvdcli');
    await symlink(join(unpacked, 'dist/dvdcli/main.js'), link);
    const environment = { PATH: process.env.PATH ?? '', HOLDFAST_SOCKET_DIR: join(folder, 'plugins') };
    const dvdcli = async (...words: readonly string[]) =>
      (await promisify(execFile)(link, words, { env: environment })).stdout;
    const db = ['--volumedriver=gold', '--volumename=of-a-task'];
    const mountpoint = `${join(folder, 'mnt/gold/of-a-task')}\n`;
    expect(await dvdcli('--version')).toMatch(/^dvdcli \d+\.\d+\.\d+\n$/);
    expect(await dvdcli('mount', ...db, '--volumeopts=uid=1000')).toBe(mountpoint);
    expect(await dvdcli('path', ...db)).toBe(mountpoint);
    expect(await dvdcli('unmount', ...db)).toBe('');
    expect(await dvdcli('path', ...db)).toBe('');
    // A bare mountpoint is immutable.
    expect(await dvdcli('remove', ...db)).toBe('');
  });

  test('contains the AWS SDK, and loads it for an EBS driver', async () => {
    let agent: string | undefined;
    const ec2 = createServer((request, response) => {
      agent = request.headers['user-agent'];
      response
        .writeHead(400)
        .end('<Response><Errors><Error><Code>AuthFailure</Code></Error></Errors></Response>');
    });
    ec2.listen(0, '127.0.0.1');
    await once(ec2, 'listening');
    try {
      const address = ec2.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      const where = { region: 'eu-central-1', availabilityZone: 'eu-central-1a', instanceId: 'i-0123' };
      const endpoint = `http://127.0.0.1:${port}`;
      const settings = { ...where, endpoint };
      const socket = (await serve({ aws: { backend: 'ebs', settings } }))('aws');
      const { json } = await callPlugin(socket, 'VolumeDriver.Create', {
        Name: 'db',
        Opts: { size: '1GiB' },
      });
      expect(json).toEqual({ Err: expect.stringContaining('AuthFailure') });
      expect(agent).toContain('api/ec2');
    } finally {
      ec2.close();
      ec2.closeAllConnections();
    }
  });

  test('contains the helper process for storage servers', async () => {
    const helper = fork(join(unpacked, 'dist/server-worker.js'), ['server', 'auto', '/usr/bin:/bin'], {
      cwd: '/',
      detached: true,
      execArgv: [],
    });
    try {
      const signal = AbortSignal.timeout(10_000);
      expect(await once(helper, 'message', { signal })).toEqual(['ready', undefined]);
      const answered = once(helper, 'message', { signal });
      helper.send({ kind: 'call', id: 1, name: 'realPath', args: ['/proc/self/..'], canAbort: false });
      expect(await answered).toEqual([{ id: 1, value: '/proc' }, undefined]);
    } finally {
      const ended = once(helper, 'exit');
      helper.disconnect();
      await ended;
    }
  });
});
