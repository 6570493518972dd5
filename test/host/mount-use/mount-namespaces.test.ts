import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { MountEntry } from '../../../src/host/host.ts';
import { userOf } from '../../../src/host/mount-use/mount-namespaces.ts';
import { describeWith } from '../../lab/requirements.ts';
import { type OtherNamespace, startNamespace } from './other-namespace.ts';

const namespaceOf = (pid: number) => readlinkSync(`/proc/${pid}/ns/mnt`);

describeWith({ root: true, programs: ['unshare'] }, 'the user of a mount', () => {
  let other: OtherNamespace;
  let entry: MountEntry;
  beforeEach(async () => {
    other = await startNamespace('private', 'true', []);
    const [first] = other.mounts();
    if (first === undefined) throw new Error('It has no mounts.');
    entry = first;
  });
  afterEach(() => other.end());

  test('is the process that was seen', () => {
    expect(userOf(other.pid, namespaceOf(other.pid), entry)).toMatchObject({ pid: other.pid });
  });

  test('is another process of its namespace if that one is gone', () => {
    const { pid, command } = userOf(2 ** 22 + 1, namespaceOf(other.pid), entry);
    expect([command, namespaceOf(pid)]).toEqual(['sleep', namespaceOf(other.pid)]);
  });

  test('is another one as well if that has ended, and nobody has waited for it', async () => {
    const script = 'true & echo $!; exec sleep 1000';
    const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [ended] = await once(parent.stdout, 'data');
      const { pid, command } = userOf(Number(`${ended}`), namespaceOf(other.pid), entry);
      expect([command, namespaceOf(pid)]).toEqual(['sleep', namespaceOf(other.pid)]);
    } finally {
      parent.kill();
      await once(parent, 'exit');
    }
  });

  test('stays known if nobody of its namespace is left', () => {
    const { mountpoint } = entry;
    expect(userOf(2 ** 22 + 1, 'mnt:[1]', entry)).toEqual({ pid: 2 ** 22 + 1, command: '', mountpoint });
  });
});
