import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openProcesses } from '../../../src/host/trees/processes.ts';
import { eventually } from '../../lab/eventually.ts';

let folder: string;
let processes: ReturnType<typeof openProcesses>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-processes-'));
  const program = join(folder, 'program.cjs');
  writeFileSync(
    program,
    `require('node:fs').writeFileSync(${JSON.stringify(`${folder}/pid-`)} + process.pid, '');
process.once('disconnect', () => process.exit());
process.once('message', (word) => process.send([word, process.pid], () => process.disconnect()));`,
  );
  processes = openProcesses(program);
});
afterEach(() => rmSync(folder, { recursive: true }));

const started = () =>
  readdirSync(folder).flatMap((name) => (name.startsWith('pid-') ? Number(name.slice(4)) : []));
const isThere = (pid: number | undefined) => existsSync(`/proc/${pid}`);
/** The process that answers a call. */
async function called(): Promise<number> {
  const child = processes.take();
  child.send('word');
  const [[word, pid]] = await once(child, 'message');
  expect(word).toBe('word');
  await once(child, 'exit');
  return pid;
}

describe('the process of the next call', () => {
  test('is there before the call, which is not killed by the end of readiness', async () => {
    const end = processes.ready();
    await eventually('it has started', async () => started().length === 1);
    const child = processes.take();
    end();
    child.send('word');
    const [answer] = await once(child, 'message');
    expect(answer).toEqual(['word', started()[0]]);
    await once(child, 'exit');
    expect(started()).not.toContain(await called());
  });
  test('ends if there was no call, and the next call has its own', async () => {
    const end = processes.ready();
    await eventually('it has started', async () => started().length === 1);
    const [pid] = started();
    end();
    await eventually('it has ended', async () => !isThere(pid));
    expect(await called()).not.toBe(pid);
  });
  test('is replaced if it ends by itself', async () => {
    const end = processes.ready();
    await eventually('it has started', async () => started().length === 1);
    const [pid = 0] = started();
    process.kill(pid, 'SIGKILL');
    await eventually('it has ended', async () => !isThere(pid));
    expect(await called()).not.toBe(pid);
    end();
  });
});
