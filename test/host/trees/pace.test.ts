import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openTrees } from '../../../src/host/trees/open-trees.ts';
import { pacedBy, paceWord } from '../../../src/host/trees/pace.ts';
import { compileHost } from '../compiled-host.ts';

const compiled = compileHost();
afterAll(() => compiled.remove());
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-pace-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a reader that is paced', () => {
  test('hears of a later limit only when it has read all that it may, and ends when nobody sets it any more', () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const end = openSync(pipe, 'r+');
    const fd = openSync(pipe, 'r');
    const left = () => {
      const words = Buffer.alloc(80);
      return readSync(end, words, 0, 8, null) === 8 ? words.readDoubleLE() : undefined;
    };
    const allow = (...limits: number[]) => {
      for (const limit of limits) writeSync(end, paceWord(limit));
    };
    try {
      const wait = pacedBy(fd, 5);
      allow(10, 20, 30);
      wait(5);
      expect(left()).toBe(10);
      wait(1);
      expect(left()).toBe(30);
      // Two that come at once are taken one after the other, in two pieces as well.
      allow(25);
      writeSync(end, paceWord(40).subarray(0, 3));
      writeSync(end, paceWord(40).subarray(3));
      wait(34);
    } finally {
      closeSync(end);
    }
    try {
      const wait = pacedBy(fd, 3);
      wait(3);
      expect(() => wait(1)).toThrow('nobody says');
    } finally {
      closeSync(fd);
    }
  });

  test('describes a tree no faster, and all of it at the end', async () => {
    const root = join(folder, 'data');
    mkdirSync(root);
    for (const name of ['a', 'b', 'c']) writeFileSync(join(root, name), Buffer.alloc(1_000));
    let limit = 2_000;
    let tell: () => void = () => undefined;
    const pace = {
      limit: () => limit,
      onGrowth: (told: () => void) => {
        tell = told;
      },
    };
    const { describe: describeTree } = openTrees(compiled.url('trees/manifest-worker'));
    const { signal } = new AbortController();
    const manifest = join(folder, 'manifest');
    let isOver = false;
    const totals = describeTree(root, manifest, undefined, signal, pace).finally(() => {
      isOver = true;
    });
    await sleep(600);
    expect(isOver).toBe(false);
    limit = 3_000;
    tell();
    expect(await totals).toEqual({ entries: 4, bytes: 3_000 });
    // What has not changed is not read, so it does not wait.
    limit = 0;
    const again = describeTree(root, join(folder, 'again'), manifest, signal, pace);
    expect(await again).toEqual({ entries: 4, bytes: 3_000 });
    const cut = new AbortController();
    const waiting = describeTree(root, join(folder, 'cut'), undefined, cut.signal, pace);
    setTimeout(() => cut.abort(), 300);
    await expect(waiting).rejects.toMatchObject({ code: 'timeout' });
  });
});
