import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createUseLook, type UseLook } from '../../../src/host/mount-use/thread.ts';
import { eventually } from '../../lab/eventually.ts';
import { compileHost } from '../compiled-host.ts';

const compiled = compileHost();
afterAll(() => compiled.remove());

describe('the thread that looks at uses', () => {
  let folder = '';
  let look: UseLook | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-thread-'));
  });
  afterEach(async () => {
    await look?.close();
    rmSync(folder, { recursive: true });
  });

  function worker(code: string): URL {
    writeFileSync(join(folder, 'worker.mjs'), code);
    return pathToFileURL(join(folder, 'worker.mjs'));
  }

  test('looks at this machine, more than once', async () => {
    look = createUseLook(compiled.url('mount-use/look-worker'));
    for (let time = 0; time < 3; time += 1) {
      const { complete, users } = await look.look('/nothing/mounted/here');
      expect(typeof complete).toBe('boolean');
      expect(users.size).toBe(0);
    }
  });
  test('ends when no look follows, and starts again with the next one', async () => {
    const counted =
      'import { parentPort, threadId } from "node:worker_threads"; parentPort.on("message", () => parentPort.postMessage(threadId));';
    look = createUseLook(worker(counted), 30);
    const [first, again] = [await look.look('/r'), await look.look('/r')];
    expect(again).toBe(first);
    await eventually('another thread answers', async () => {
      await new Promise((resolve) => setTimeout(resolve, 60));
      return (await look?.look('/r')) !== first;
    });
  });
  test('ends on close, and starts again with the next look', async () => {
    look = createUseLook(compiled.url('mount-use/look-worker'));
    await look.look('/none');
    await look.close();
    expect((await look.look('/none')).users.size).toBe(0);
  });
  test.each([
    [
      'throws',
      'import { parentPort } from "node:worker_threads"; parentPort.on("message", () => { throw new Error("broken"); });',
      'broken',
    ],
    [
      'exits',
      'import { parentPort } from "node:worker_threads"; parentPort.on("message", () => process.exit(7));',
      'ended',
    ],
    ['does not even start', 'import "./none.mjs";', 'none.mjs'],
  ])('fails its look if it %s, and the next look gets a new thread', async (_, code, reason) => {
    look = createUseLook(worker(code));
    await expect(look.look('/r')).rejects.toThrow(reason);
    await expect(look.look('/r')).rejects.toThrow(reason);
  });
  test('fails its look if it is closed meanwhile', async () => {
    look = createUseLook(
      worker('import { parentPort } from "node:worker_threads"; parentPort.on("message", () => {});'),
    );
    const waiting = look.look('/r');
    const ended = expect(waiting).rejects.toThrow('ended');
    await look.close();
    await ended;
  });
  test('is not used with uncompiled sources', async () => {
    look = createUseLook(pathToFileURL(join(folder, 'none.js')));
    expect((await look.look('/none')).users.size).toBe(0);
  });
});
