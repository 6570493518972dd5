import { execFile } from 'node:child_process';
import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { parseVolumeName } from '../../src/core/names.ts';
import { type AdminSocket, openAdminSocket } from '../fakes/admin-socket.ts';
import { createFakeDriver, type FakeDriver } from '../fakes/fake-driver.ts';
import { builtDaemon } from '../lab/built-daemon.ts';
import { loadedPackages } from '../lab/loaded-packages.ts';
import { describeWith } from '../lab/requirements.ts';
import { holdfast } from './run-cli.ts';

let gold: FakeDriver;
let socket: AdminSocket;
let folder = '';

beforeEach(async () => {
  gold = createFakeDriver('gold');
  socket = await openAdminSocket([gold]);
  folder = await mkdtemp(join(tmpdir(), 'holdfast-process-'));
});
afterEach(async () => {
  await socket.close();
  await rm(folder, { recursive: true, force: true });
});

/** The packages that a command for a running daemon runs. */
const packages = ['commander', 'get-east-asian-width', 'string-width'];

describe('as a process, the command', () => {
  test('exits with 0 for success, 1 for failure, 2 for invalid arguments', async () => {
    const env = { HOLDFAST_ADMIN_SOCKET: socket.path };
    expect(await holdfast(['volume', 'create', 'db', '--json'], { env })).toMatchObject({ code: 0, err: '' });
    expect(await holdfast(['volume', 'inspect', 'none'], { env })).toMatchObject({ code: 1, out: '' });
    expect(await holdfast(['volume', 'ls', '--nonsense'], { env })).toMatchObject({ code: 2, out: '' });
    expect(await holdfast([], { env })).toMatchObject({ code: 2, out: '' });
    expect((await gold.get(parseVolumeName('db')))?.volume.name).toBe('db');
  });

  test('finishes even if nobody reads its output', async () => {
    for (let index = 0; index < 2000; index += 1) await gold.create(parseVolumeName(`volume-${index}`), {});
    const unread = await holdfast(['volume', 'ls', '--json', '--socket', socket.path], { unread: true });
    expect(unread).toEqual({ code: 0, out: '', err: '' });
  });

  test.each([['--help'], ['volume', 'ls'], ['volume', 'create', 'db']])(
    'fails if its output (%s) is lost on a full disk, and says so',
    async (...words) => {
      const env = { HOLDFAST_ADMIN_SOCKET: socket.path };
      const lost = await holdfast(words, { env, full: true });
      expect(lost).toMatchObject({
        code: 1,
        err: expect.stringMatching(/^holdfast: The output is lost: ENOSPC/),
      });
    },
  );

  test('ends when nobody reads what it prints again and again', async () => {
    const watch = ['volume', 'ls', '--watch', '--socket', socket.path];
    expect(await holdfast(watch, { unread: true })).toEqual({ code: 0, out: '', err: '' });
    expect(await holdfast(watch, { full: true })).toMatchObject({ code: 1 });
  });

  test("writes Node's warnings to the log, and nothing else to stderr", async () => {
    const program = join(folder, 'warn.mjs');
    await build({
      entryPoints: [join(import.meta.dirname, '../../src/cli/last-resort.ts')],
      outfile: join(folder, 'last-resort.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
    });
    await writeFile(
      program,
      `import { logWarnings } from './last-resort.mjs';
       logWarnings(process, { enabled: () => true, write: (...event) => console.log(JSON.stringify(event)) });
       process.emitWarning('it is old');`,
    );
    expect(await holdfast([], { program })).toEqual({
      code: 0,
      out: '["warn","node-warning",{"name":"Warning","message":"it is old"}]\n',
      err: '',
    });
  });

  test('checks a configuration', async () => {
    const file = join(folder, 'config.yaml');
    await writeFile(file, 'drivers:\n  gold:\n    backend: local\n    setings: {}\n');
    expect(await holdfast(['check', file])).toMatchObject({
      code: 1,
      out: expect.stringContaining(
        `${file}:4:5: unknown key \`setings\` in \`drivers.gold\`; did you mean \`settings\`?`,
      ),
    });
    await writeFile(file, 'drivers:\n  gold:\n    backend: local\n');
    expect(await holdfast(['check', file])).toMatchObject({ code: 0, err: '' });
    expect(await holdfast(['check', file], { env: { HOLDFAST_LOG_LEVL: 'debug' } })).toMatchObject({
      code: 1,
      out: expect.stringContaining('did you mean `HOLDFAST_LOG_LEVEL`?'),
    });
  });

  test('loads no part of the daemon to send it a request', async () => {
    const program = await builtDaemon();
    const words = [program, 'volume', 'ls', '--socket', socket.path];
    const env = { ...process.env, NODE_V8_COVERAGE: folder };
    await promisify(execFile)(process.execPath, words, { env });
    const loaded = loadedPackages(folder, dirname(program));
    expect(loaded).toEqual(packages);
  });
});

describeWith({ root: true }, 'another user than root', () => {
  /** A copy of the program that this user can read. */
  async function copied(): Promise<string> {
    const program = await builtDaemon();
    const project = dirname(dirname(program));
    await chmod(folder, 0o755);
    for (const part of ['dist', 'package.json']) {
      await cp(join(project, part), join(folder, part), { recursive: true });
    }
    return join(folder, 'dist/main.js');
  }

  test('gets "needs root" from every command that needs it', async () => {
    const manner = { program: await copied(), uid: 65534 };
    await chmod(dirname(socket.path), 0o755);
    await chmod(socket.path, 0o600);
    const asked = await holdfast(['volume', 'ls', '--socket', socket.path], manner);
    const served = await holdfast(['serve'], manner);
    const recovered = await holdfast(['recover', '--socket', join(folder, 'none')], manner);
    expect(asked).toEqual({
      code: 1,
      out: '',
      err: `holdfast: This user has no permission to use ${socket.path}: run the command as root, for example with sudo.\n`,
    });
    expect(served).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/needs root: run `sudo \S+ \S+\/dist\/main\.js serve`/),
    });
    expect(recovered).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/`sudo \S+ \S+main\.js recover`/),
    });
  });
});
