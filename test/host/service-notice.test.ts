import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createServiceNotice } from '../../src/host/service-notice.ts';
import { eventually } from '../lab/eventually.ts';
import { openNotifySocket } from '../lab/notify-socket.ts';
import { describeWith } from '../lab/requirements.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-notice-'));
});
afterEach(() => rm(folder, { recursive: true }));

const failures: unknown[] = [];
const notice = (socket: string | undefined, systemCalls: 'auto' | 'spawned') =>
  createServiceNotice({ socket, systemCalls, failed: (error) => failures.push(error) });

describeWith({ programs: ['perl', 'systemd-notify'] }, 'the service manager', () => {
  test.each([
    ['by a system call', 'auto', () => join(folder, 'notify.sock')],
    ['by a system call, under an abstract name', 'auto', () => `@holdfast-test-${process.pid}`],
    ['by systemd-notify', 'spawned', () => join(folder, 'notify.sock')],
  ] as const)('is notified %s', async (_, how, name) => {
    const manager = await openNotifySocket(name());
    try {
      const tell = await notice(name(), how);
      tell('READY=1', 'STATUS=1 of 1 drivers ready; é');
      await eventually('it was told', async () => manager.told().length > 0);
      expect(manager.told()).toEqual(['READY=1;STATUS=1 of 1 drivers ready; é']);
      expect(failures).toEqual([]);
    } finally {
      await manager.close();
    }
  });

  test.each(['auto', 'spawned'] as const)('that is gone is reported, and does no harm (%s)', async (how) => {
    failures.length = 0;
    const tell = await notice(join(folder, 'nobody.sock'), how);
    tell('WATCHDOG=1');
    await eventually('the failure is reported', async () => failures.length === 1);
  });
});

test('without a supported socket, nothing is sent', async () => {
  failures.length = 0;
  for (const socket of [undefined, 'vsock:2:1234', '/']) (await notice(socket, 'auto'))('READY=1');
  expect(failures).toEqual([]);
});
