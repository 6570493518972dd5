import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createPrograms, standardSearchPath } from '../../src/host/run-command.ts';
import { eventually as waitUntil } from '../lab/eventually.ts';
import { compileHost } from './compiled-host.ts';

const { run } = createPrograms({ searchPath: standardSearchPath });
const soon = () => AbortSignal.timeout(100_000);
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
  test('gets its arguments unchanged, without a shell', async () => {
    const args = ['%s|', '$HOME', '; echo no', "it's", '*'];
    expect((await run('printf', args, soon())).stdout).toBe("$HOME|; echo no|it's|*|");
  });
  test('gets the input, or an empty stdin', async () => {
    expect((await run('cat', [], soon(), 'a secret')).stdout).toBe('a secret');
    expect((await run('cat', [], soon())).stdout).toBe('');
  });
  test('need not read its input', async () => {
    expect(await run('true', [], soon(), 'x'.repeat(1 << 20))).toMatchObject({ exitCode: 0 });
  });
  test('gets the C locale, and nothing else of our environment', async () => {
    process.env.HOLDFAST_TEST_SECRET = 'secret';
    const { stdout } = await run('env', [], soon());
    delete process.env.HOLDFAST_TEST_SECRET;
    expect(stdout).toContain('LC_ALL=C\n');
    expect(stdout).not.toContain('SECRET');
  });
  test('runs in an empty, unwritable directory', async () => {
    const { stdout, stderr } = await shell('ls -A; touch undo; mkdir undo; echo x > undo; ls -A');
    expect(stdout).toBe('');
    expect(stderr.trim().split('\n')).toHaveLength(3);
  });
  test('cannot read or write files by relative names: mke2fs -d and -z', async () => {
    const disk = join(mkdtempSync(join(tmpdir(), 'holdfast-run-')), 'disk');
    await run('truncate', ['-s', '16M', disk], soon());
    for (const words of [
      ['-d', 'etc'],
      ['-z', 'undo'],
    ]) {
      const { exitCode } = await run('mkfs.ext4', ['-q', '-F', ...words, disk], soon());
      expect([words, exitCode === 0]).toEqual([words, false]);
    }
    expect(existsSync('/undo')).toBe(false);
    rmSync(dirname(disk), { recursive: true });
  });
  test('may write without limit: the rest is dropped', async () => {
    const { stdout, exitCode } = await shell('head -c 1000000 /dev/zero | tr "\\0" x');
    expect(exitCode).toBe(0);
    expect(stdout).toHaveLength(64 * 1024);
  });
  test('that is ended by a signal has failed', async () => {
    const { exitCode, stderr } = await shell('kill -TERM $$');
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('SIGTERM');
  });
  test('is not waited for because a daemon that it started keeps its output open', async () => {
    const { stdout } = await shell('sleep 1000 & echo $!');
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

  test('kills the program with its children, and quotes its stderr', async () => {
    const pids = join(folder, 'pids');
    const script = 'echo "server is slow" >&2; sleep 1000 & echo $$ $! > "$0"; wait';
    await expect(shell(script, onceThere(pids), pids)).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('server is slow'),
    });
    const killed = readFileSync(pids, 'utf8').trim().split(' ').map(Number);
    expect(killed).toHaveLength(2);
    await eventually(() => killed.every((pid) => !isRunning(pid)));
  });
  test('also kills processes with their own session, before the caller gets the error', async () => {
    const pids = join(folder, 'pids');
    const script = 'setsid sh -c \'echo $$ > "$0"; sleep 1000\' "$0" & sleep 1000';
    const running = run('sh', ['-c', script, pids], onceThere(pids), '', 'with-us');
    await expect(running).rejects.toMatchObject({ code: 'timeout' });
    expect(isRunning(Number(readFileSync(pids, 'utf8')))).toBe(false);
  });
  test('also ends a program that ignores signals', async () => {
    const running = shell('trap "" TERM; while :; do sleep 1; done', AbortSignal.timeout(200));
    await expect(running).rejects.toMatchObject({ code: 'timeout' });
  });
  test('after the end of the program does not kill a daemon that it left', async () => {
    const deadline = new AbortController();
    const { stdout } = await shell('sleep 1000 & echo $!', deadline.signal);
    deadline.abort();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(isRunning(Number(stdout))).toBe(true);
    process.kill(Number(stdout), 'SIGKILL');
  });
  test('in the past runs nothing', async () => {
    const file = join(folder, 'ran');
    await expect(run('touch', [file], AbortSignal.abort())).rejects.toMatchObject({ code: 'timeout' });
    expect(() => readFileSync(file)).toThrow();
  });
});

describe('a missing program', () => {
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
  test('is also unavailable if it cannot be executed', async () => {
    await expect(run('/etc/passwd', [], soon())).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('the death of the daemon, for a program with end `with-us`,', () => {
  const compiled = compileHost();
  afterAll(() => compiled.remove());
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-run-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Runs a script in a separate process; resolves with the PIDs that the script wrote. */
  async function daemonThatRuns(script: string) {
    const source = `import { createPrograms } from '${compiled.url('run-command')}';
      const { run } = createPrograms({ searchPath: '${standardSearchPath}' });
      await run('sh', ['-c', ${JSON.stringify(script)}, '${folder}/pids'], AbortSignal.timeout(600_000), '', 'with-us');
      console.log('ended');
      setInterval(() => undefined, 1000);`;
    const daemon = spawn(process.execPath, ['--input-type=module', '--eval', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    daemon.stdout.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    const pids = () => numbersIn(join(folder, 'pids'));
    await eventually(() => pids().length > 0);
    return { daemon, pids, hasEnded: () => said.includes('ended') };
  }

  test.each(['SIGKILL', 'SIGTERM'] as const)(
    'by %s ends it and all processes that it started, in any session',
    async (signal) => {
      const script = 'setsid sh -c "sleep 60 & echo \\$\\$ \\$! $$ > $0; sleep 60" & sleep 60';
      const { daemon, pids } = await daemonThatRuns(script);
      expect(pids()).toHaveLength(3);
      expect(pids().every(isRunning)).toBe(true);
      daemon.kill(signal);
      await eventually(() => !pids().some(isRunning));
    },
  );
  test('does not kill what it left behind after ending by itself', async () => {
    const { daemon, pids, hasEnded } = await daemonThatRuns('setsid sleep 60 & echo $! > $0');
    await eventually(hasEnded);
    daemon.kill('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(pids().every(isRunning)).toBe(true);
    for (const pid of pids()) process.kill(pid, 'SIGKILL');
  });
});

function numbersIn(file: string): readonly number[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8').split(/\s+/).filter(Boolean).map(Number);
}

function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** A deadline that expires once the program has written its PIDs to the file. */
function onceThere(file: string): AbortSignal {
  const deadline = new AbortController();
  void eventually(() => numbersIn(file).length > 0).finally(() => deadline.abort());
  return deadline.signal;
}

const eventually = (condition: () => boolean) => waitUntil('it comes true', async () => condition());
