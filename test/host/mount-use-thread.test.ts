import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { transformSync } from '@swc/core';
import { createUseLook, type UseLook } from '../../src/host/mount-use-thread.ts';

const sources = join(__dirname, '../../src/host');

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

  /** What the build makes of the sources, for Node's own threads take no TypeScript. */
  function compile(): URL {
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    mkdirSync(join(folder, 'host'));
    for (const name of readdirSync(sources)) {
      const { code } = transformSync(readFileSync(join(sources, name), 'utf8'), {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
      });
      const compiled = code.replaceAll(/from '(\.[^']*)\.ts'/g, "from '$1.js'");
      writeFileSync(join(folder, 'host', name.replace(/\.ts$/, '.js')), compiled);
    }
    return pathToFileURL(join(folder, 'host/mount-use-worker.js'));
  }
  function worker(code: string): URL {
    writeFileSync(join(folder, 'worker.mjs'), code);
    return pathToFileURL(join(folder, 'worker.mjs'));
  }

  test('looks at this machine, more than once', async () => {
    look = createUseLook(compile());
    for (let time = 0; time < 3; time += 1) {
      const { complete, users } = await look.look('/nothing/mounted/here');
      expect(typeof complete).toBe('boolean');
      expect(users.size).toBe(0);
    }
  });
  test('is ended by closing, and begins anew when it is asked again', async () => {
    look = createUseLook(compile());
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
  ])('keeps nobody waiting when it %s, and the next look gets a new thread', async (_, code, reason) => {
    look = createUseLook(worker(code));
    await expect(look.look('/r')).rejects.toThrow(reason);
    await expect(look.look('/r')).rejects.toThrow(reason);
  });
  test('that is closed in the middle of a look keeps nobody waiting', async () => {
    look = createUseLook(
      worker('import { parentPort } from "node:worker_threads"; parentPort.on("message", () => {});'),
    );
    const waiting = look.look('/r');
    const ended = expect(waiting).rejects.toThrow('ended');
    await look.close();
    await ended;
  });
  test('is not needed where the sources run as they are', async () => {
    look = createUseLook(pathToFileURL(join(folder, 'none.js')));
    expect((await look.look('/none')).users.size).toBe(0);
  });
});
