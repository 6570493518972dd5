import { closeSync, mkdirSync, mkdtempSync, openSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHeldDirectories } from '../../../src/host/files/held-directory.ts';
import { createNear, type Near } from '../../../src/host/files/near.ts';
import { systemError } from '../../../src/host/system-error.ts';

/** Looks find nothing; each waits until it is let on. */
function slowNear(): { readonly near: Near; letOn(): void } {
  const waiting: (() => void)[] = [];
  const hold = (_: string, [name = '']: readonly string[]) =>
    new Promise<undefined>((_, reject) => {
      waiting.push(() => reject(systemError('ENOENT', 'open', name)));
    });
  let isFirst = true;
  const near: Near = {
    ...createNear(undefined, undefined),
    hold(root, names) {
      if (!isFirst) return Promise.resolve(undefined);
      isFirst = false;
      return hold(root, names);
    },
  };
  return { near, letOn: () => waiting.splice(0).forEach((go) => void go()) };
}

/** Everything is in memory. */
function countingNear() {
  const held = new Set<number>();
  let opened = 0;
  const near: Near = {
    ...createNear(undefined, undefined),
    hold(root, names) {
      opened += 1;
      const fd = openSync(join(root, ...names), 'r');
      held.add(fd);
      return fd;
    },
    release(fd) {
      held.delete(fd);
      closeSync(fd);
    },
  };
  return { near, held, opened: () => opened };
}

describe('a directory that is held', () => {
  let root = '';
  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-held-')));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  test('is found by a call after it was made, also while an earlier walk to it ends without it', async () => {
    const { near, letOn } = slowNear();
    const directories = createHeldDirectories(near);
    const use = () => directories.use(root, ['made'], async () => 'found');
    const before = use();
    mkdirSync(join(root, 'made'));
    const after = use();
    letOn();
    await expect(before).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await after).toBe('found');
    expect(await use()).toBe('found');
  });

  test('that is missing is missing for all who ask at once', async () => {
    const directories = createHeldDirectories(createNear(undefined, undefined));
    const asked = await Promise.allSettled(
      Array.from({ length: 8 }, () => directories.use(root, ['none'], async () => 'found')),
    );
    expect(asked.map(({ status }) => status)).toEqual(Array(8).fill('rejected'));
    mkdirSync(join(root, 'none'));
    expect(await directories.use(root, ['none'], async () => 'found')).toBe('found');
  });

  test('that is kept is opened once for calls one after the other, and closed at the end', async () => {
    mkdirSync(join(root, 'made'));
    const { near, held, opened } = countingNear();
    const directories = createHeldDirectories(near);
    const use = () => directories.use(root, ['made'], async (place) => place);
    const places = await directories.keep(root, [join(root, 'made'), join(root, 'none')], () =>
      directories
        .keep(root, [join(root, 'made')], async () => [await use(), await use()])
        .then(async (before) => [...before, await use()]),
    );
    expect(new Set(places).size).toBe(1);
    expect(opened()).toBe(1);
    expect(held.size).toBe(0);
    await use();
    await use();
    expect(opened()).toBe(3);
    expect(held.size).toBe(0);
  });

  test('that is kept is opened again after a while, since another may have its name', async () => {
    mkdirSync(join(root, 'made'));
    const { near, held, opened } = countingNear();
    const directories = createHeldDirectories(near);
    const use = () => directories.use(root, ['made'], async () => undefined);
    await directories.keep(root, [join(root, 'made')], async () => {
      await use();
      await sleep(150);
      await use();
      expect(held.size).toBe(1);
    });
    expect(opened()).toBe(2);
    expect(held.size).toBe(0);
  });
});
