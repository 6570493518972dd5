import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readManifest, writeManifest } from '../../../src/host/trees/manifest-file.ts';
import { describeWith } from '../../lab/requirements.ts';

const entry = (index: number) =>
  ({
    p: `file-${index}`.padEnd(900, 'x'),
    t: 'f',
    m: 0o644,
    u: 0,
    g: 0,
    z: 1,
    a: '1',
    c: '1',
    i: '1',
  }) as const;
const head = { hasAttributes: true, key: undefined };

describeWith({ root: true }, 'a manifest on a disk that is nearly full', () => {
  let folder = '';
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-manifest-')));
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=320k', 'tmpfs', folder]);
  });
  afterEach(() => {
    // The writer that failed still has its file open.
    spawnSync('umount', ['--lazy', folder]);
    rmSync(folder, { recursive: true });
  });

  function written(entries: number): string {
    const path = join(folder, 'manifest');
    const writer = writeManifest(path, head);
    for (let index = 0; index < entries; index += 1) writer.add(entry(index));
    writer.end();
    return path;
  }

  test('is whole if it has room', () => {
    expect([...readManifest(written(300)).entries]).toHaveLength(300);
  });
  // The kernel writes a part of what is added last.
  test('is an error, and never a part of one, if it has not', () => {
    expect(() => written(345)).toThrow('ENOSPC');
    expect(existsSync(join(folder, 'manifest'))).toBe(false);
  });
});
