import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createPrograms, standardSearchPath } from '../../src/host/run-command.ts';

const { run } = createPrograms({ searchPath: standardSearchPath });
const soon = () => AbortSignal.timeout(10_000);
const shell = (script: string, signal = soon(), ...args: readonly string[]) =>
  run('sh', ['-c', script, ...args], signal);

describe('a program', () => {
  test('answers with its exit code and both outputs', async () => {
    expect(await shell('echo out; echo err >&2; exit 3')).toEqual({
      exitCode: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });
  test('gets its arguments as they are, whatever a shell would make of them', async () => {
    const args = ['%s|', '$HOME', '; echo no', "it's", '*'];
    expect((await run('printf', args, soon())).stdout).toBe("$HOME|; echo no|it's|*|");
  });
  test('gets the input, or an empty one', async () => {
    expect((await run('cat', [], soon(), 'a secret')).stdout).toBe('a secret');
    expect((await run('cat', [], soon())).stdout).toBe('');
  });
  test('may leave its input unread', async () => {
    expect(await run('true', [], soon(), 'x'.repeat(1 << 20))).toMatchObject({ exitCode: 0 });
  });
  test('speaks the C locale, and sees nothing of our environment', async () => {
    process.env.HOLDFAST_TEST_SECRET = 'secret';
    const { stdout } = await run('env', [], soon());
    delete process.env.HOLDFAST_TEST_SECRET;
    expect(stdout).toContain('LC_ALL=C\n');
    expect(stdout).not.toContain('SECRET');
  });
  test('may write without end: the rest is dropped', async () => {
    const { stdout, exitCode } = await shell('head -c 1000000 /dev/zero | tr "\\0" x');
    expect(exitCode).toBe(0);
    expect(stdout).toHaveLength(64 * 1024);
  });
  test('that ends by a signal has failed', async () => {
    const { exitCode, stderr } = await shell('kill -TERM $$');
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('SIGTERM');
  });
  test('is not waited for longer because a daemon that it started keeps its output open', async () => {
    const started = Date.now();
    const { stdout } = await shell('sleep 3 & echo $!');
    expect(Date.now() - started).toBeLessThan(2000);
    expect(isRunning(Number(stdout))).toBe(true);
    process.kill(Number(stdout), 'SIGKILL');
  });
});

describe('a deadline', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-run-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('kills the program with its children, and says what it said', async () => {
    const pids = join(folder, 'pids');
    const script = 'echo "server is slow" >&2; sleep 60 & echo $$ $! > "$0"; wait';
    await expect(shell(script, AbortSignal.timeout(300), pids)).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('server is slow'),
    });
    const killed = readFileSync(pids, 'utf8').trim().split(' ').map(Number);
    expect(killed).toHaveLength(2);
    await eventually(() => killed.every((pid) => !isRunning(pid)));
  });
  test('ends also a program that refuses to', async () => {
    const running = shell('trap "" TERM; while :; do sleep 1; done', AbortSignal.timeout(200));
    await expect(running).rejects.toMatchObject({ code: 'timeout' });
  });
  test('that passes after the end spares the daemon that the program left behind', async () => {
    const { stdout } = await shell('sleep 3 & echo $!', AbortSignal.timeout(100));
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(isRunning(Number(stdout))).toBe(true);
    process.kill(Number(stdout), 'SIGKILL');
  });
  test('that is over already runs nothing', async () => {
    const file = join(folder, 'ran');
    await expect(run('touch', [file], AbortSignal.abort())).rejects.toMatchObject({ code: 'timeout' });
    expect(() => readFileSync(file)).toThrow();
  });
});

describe('a program that is not there', () => {
  test.each([
    ['mkfs.xfs', 'xfsprogs'],
    ['mkfs.ext4', 'e2fsprogs'],
    ['mount.nfs', 'nfs-common'],
    ['mount.glusterfs', 'glusterfs-client'],
  ])('%s is unavailable, and comes in the package %s', async (program, from) => {
    const nowhere = createPrograms({ searchPath: '/nowhere' });
    await expect(nowhere.run(program, [], soon())).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(new RegExp(`${program}.*${from}`)),
    });
  });
  test('is unavailable too when it cannot be executed', async () => {
    await expect(run('/etc/passwd', [], soon())).rejects.toMatchObject({ code: 'unavailable' });
  });
});

function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function eventually(condition: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('it did not come true');
}
