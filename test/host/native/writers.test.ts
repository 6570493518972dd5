import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createLinuxHost } from '../../../src/host/linux-host.ts';
import { loadSystemCalls } from '../../../src/host/system-calls.ts';
import { eventually } from '../../lab/eventually.ts';

describe('whether nobody writes a file', () => {
  let folder = '';
  let path = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-writers-'));
    path = join(folder, 'file');
    writeFileSync(path, 'text');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('is known of a file below a root, and never said of one that has a writer, or is none', async () => {
    const host = await createLinuxHost({ systemCalls: 'auto' });
    const hasNoWriter = (name: string) => host.files.below(folder).hasNoWriter(join(folder, name));
    expect(await hasNoWriter('file')).toBe(true);
    const reading = openSync(path, 'r');
    expect(await hasNoWriter('file')).toBe(true);
    const writing = openSync(path, 'r+');
    expect(await hasNoWriter('file')).toBe(false);
    closeSync(writing);
    expect(await hasNoWriter('file')).toBe(true);
    closeSync(reading);
    for (const name of ['none', '.']) expect(await hasNoWriter(name)).toBe(false);
    await host.close();
  });
  test('is asked with a signal that ends no process, and who opens it meanwhile waits', async () => {
    const calls = await loadSystemCalls();
    const fd = openSync(path, 'r');
    expect(calls?.hasNoWriter(fd)).toBe(true);
    const writer = spawn('sh', ['-c', 'echo more >> "$1"', 'sh', path]);
    const ended = once(writer, 'exit');
    await eventually('it waits to open the file', async () =>
      /BREAKER/.test(readFileSync('/proc/locks', 'utf8')),
    );
    expect(writer.exitCode).toBeNull();
    closeSync(fd);
    expect(await ended).toEqual([0, null]);
  });
});
