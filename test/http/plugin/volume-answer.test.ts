import { expect, test } from '@jest/globals';
import { parseDriverName, parseVolumeName } from '../../../src/core/names.ts';
import { volumeAnswer, volumeDetailsAnswer } from '../../../src/http/admin/answers.ts';
import { createVolumeAnswer, listedAnswer } from '../../../src/http/plugin/protocol.ts';

const fast = parseDriverName('fast');

test('Status of an unreadable volume has the reason in place of the options', () => {
  const volume = { name: parseVolumeName('db'), unreadable: 'Its record is empty: restore it.' };
  const answer = JSON.parse(createVolumeAnswer({ name: fast, backend: 'local' })({ volume, holders: [] }));
  const status = { driver: 'fast', backend: 'local', unreadable: volume.unreadable, holders: 0 };
  expect(answer).toEqual({ Volume: { Name: 'db', Status: status } });
  expect(JSON.parse(listedAnswer({ volume }))).toEqual({ Name: 'db' });
});

test('the admin socket shows the same', () => {
  const volume = { name: parseVolumeName('db'), unreadable: 'Its record is empty: restore it.' };
  const known = { driver: 'fast', name: 'db', unreadable: volume.unreadable };
  expect(volumeAnswer('fast', { volume })).toEqual(known);
  expect(volumeDetailsAnswer('fast', { volume, holders: [] })).toEqual({ ...known, holders: [] });
});

test('Status shows health, data and dead mounts, and leaves out unknown ones', () => {
  const volume = { name: parseVolumeName('db'), id: 'x', options: {}, given: {}, createdAt: 'then' };
  const statusOf = (more: object) =>
    JSON.parse(createVolumeAnswer({ name: fast, backend: 'ebs' })({ volume, holders: [], ...more })).Volume
      .Status;
  const plain = { driver: 'fast', backend: 'ebs', options: {}, holders: 0 };
  expect(statusOf({})).toEqual(plain);
  const health = { server: 'eu-1', state: 'ok', detail: 'it answers', losses: 0, checkedAt: 0 };
  const user = { pid: 7, command: 'db', mountpoint: '/data' };
  const room = { of: 'share', place: 'nfs.example:/srv', usedBytes: 7, sizeBytes: 9 } as const;
  const usage = { of: 'volume', usedBytes: 5, usedInodes: 2, isAtLeast: true, room } as const;
  expect(statusOf({ usage: { ...usage, measuredAt: 0 } })).toEqual({
    ...plain,
    usage: { ...usage, measuredAt: '1970-01-01T00:00:00.000Z' },
  });
  expect(statusOf({ health, details: { zone: 'eu-1a' }, mustRestart: [user] })).toEqual({
    ...plain,
    health: { server: 'eu-1', state: 'ok', detail: 'it answers', checkedAt: '1970-01-01T00:00:00.000Z' },
    details: { zone: 'eu-1a' },
    mustRestart: [user],
  });
});

test('the location of a volume in Status has no control characters and no secret', () => {
  const volume = { name: parseVolumeName('db'), id: 'x', options: {}, given: {}, createdAt: 'then' };
  const room = { of: 'root', place: '/srv/\u001b[2J?token=hunter2' } as const;
  const usage = { of: 'volume', usedBytes: 5, room, measuredAt: 0 } as const;
  const text = createVolumeAnswer({ name: fast, backend: 'local' })({ volume, holders: [], usage });
  expect(JSON.parse(text).Volume.Status.usage.room.place).toBe('/srv/\\u001b[2J?token=[redacted]');
});
