import { mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { typableCommand, withTypable } from '../../src/cli/typable.ts';
import { findProgram } from '../../src/config/find-program.ts';
import { builtDaemon } from '../lab/built-daemon.ts';
import { run } from '../lab/run.ts';
import { runHere } from './in-process.ts';

const called = { node: '/usr/bin/node', program: '/srv/clone/dist/main.js' };

test.each([
  [{ holdfast: '/srv/clone/dist/main.js', node: '/usr/bin/node' }, 'holdfast'],
  [{ holdfast: undefined, node: '/usr/bin/node' }, 'node /srv/clone/dist/main.js'],
  [{ holdfast: '/opt/other/dist/main.js', node: '/usr/bin/node' }, 'node /srv/clone/dist/main.js'],
  [{ holdfast: undefined, node: '/usr/bin/node18' }, '/usr/bin/node /srv/clone/dist/main.js'],
  [{ holdfast: undefined, node: undefined }, '/usr/bin/node /srv/clone/dist/main.js'],
])('with %j found in PATH, the user types %s', (found, command) => {
  expect(typableCommand({ ...called, found })).toBe(command);
});

test('a path with special characters is quoted for the shell', () => {
  const found = { holdfast: undefined, node: undefined };
  expect(typableCommand({ node: '/n', program: "/my clone's/main.js", found })).toBe(
    "/n '/my clone'\\''s/main.js'",
  );
});

test.each([
  ['start it with `holdfast serve`, or', 'start it with `node m.js serve`, or'],
  ['run `sudo holdfast serve`', 'run `sudo node m.js serve`'],
  ['Unmount it with: holdfast volume unmount db', 'Unmount it with: node m.js volume unmount db'],
  ['  sudo holdfast volume create demo\n', '  sudo node m.js volume create demo\n'],
  ['driver holdfast on /run/x.sock', 'driver holdfast on /run/x.sock'],
  ['--volume-driver holdfast busybox', '--volume-driver holdfast busybox'],
  ['/etc/holdfast/config.yaml', '/etc/holdfast/config.yaml'],
])('in %j, the command can be typed', (text, typed) => {
  expect(withTypable(text, 'node m.js')).toBe(typed);
  expect(withTypable(text, 'holdfast')).toBe(text);
});

test('errors and help show the command as the user can type it', async () => {
  const command = 'node /srv/clone/dist/main.js';
  expect((await runHere(['volume', 'ls'], { command })).err).toContain(`start it with \`${command} serve\``);
  expect((await runHere(['volume', 'create', '--help'], { command })).out).toContain(
    `${command} volume create`,
  );
});

test('the built program knows whether it is in PATH', async () => {
  const main = await builtDaemon();
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-typable-'));
  try {
    await mkdir(join(folder, 'bin'));
    const path = [join(folder, 'bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter);
    const socket = ['--socket', join(folder, 'none.sock')];
    const say = async () =>
      (await run(process.execPath, [main, 'volume', 'ls', ...socket], { env: { PATH: path } })).stderr;
    expect(await say()).toContain(`main.js serve\``);
    await symlink(main, join(folder, 'bin/holdfast'));
    expect(findProgram('holdfast', path)).toBe(await realpath(main));
    expect(await say()).toContain('start it with `holdfast serve`');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
