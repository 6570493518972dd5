import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../lab/eventually.ts';
import { isWhole } from '../lab/jest/whole.ts';
import { prepareDaemon } from '../lab/lone-daemon.ts';
import { alone } from '../lab/namespace.ts';
import { endOf } from '../lab/processes.ts';
import { describeWith } from '../lab/requirements.ts';
import { environment, output, run } from '../lab/run.ts';

let folder = '';
let daemon: ChildProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-hanging-'));
});
afterEach(async () => {
  if (daemon?.exitCode === null && daemon.signalCode === null) {
    daemon.kill('SIGKILL');
    await once(daemon, 'exit');
  }
  // A bare mountpoint is immutable.
  await run('chattr', ['-R', '-f', '-i', join(folder, 'mnt')]);
  await rm(folder, { recursive: true, force: true });
});

/** A running daemon, in which so many calls on Node's thread pool hang, as on a dead disk: here at the open of a pipe. */
async function serveWith(hangingCalls: number): Promise<ChildProcess> {
  const { words } = await prepareDaemon(folder);
  await output('mkfifo', [join(folder, 'pipe')]);
  const hang = `for (let n = 0; n < ${hangingCalls}; n++) require('fs').open('${folder}/pipe', 'r', () => {})`;
  await writeFile(join(folder, 'hang.cjs'), `process.once('SIGUSR2', () => { ${hang} })`);
  const env = { ...environment(), NODE_OPTIONS: `--require ${folder}/hang.cjs` };
  const child = spawn('unshare', [...alone, ...words], { env });
  daemon = child;
  let log = '';
  child.stderr.on('data', (chunk) => {
    log += chunk;
  });
  const evidence = async () => log;
  await eventually('it serves', async () => log.includes('"listening"'), { evidence });
  child.kill('SIGUSR2');
  await eventually('the calls hang', async () => log.includes('"signal-ignored"'), { evidence });
  return child;
}

describeWith(
  { root: true, programs: ['unshare', 'chattr', 'mkfifo'] },
  'a daemon with a thread that hangs',
  () => {
    test('ends after a clean stop nevertheless', async () => {
      const child = await serveWith(1);
      child.kill('SIGTERM');
      expect(await endOf(child)).toBe(0);
    });

    // Until the deadline of the stop.
    if (isWhole)
      test('ends by force if the stop waits for it', async () => {
        const child = await serveWith(1_000);
        child.kill('SIGTERM');
        expect(await endOf(child)).toBe(1);
      });
  },
);
