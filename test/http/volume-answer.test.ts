import { expect, test } from '@jest/globals';
import { parseVolumeName } from '../../src/core/names.ts';
import { createVolumeAnswer } from '../../src/http/plugin-protocol.ts';

test('Status shows what is known of the server, of the data, and of dead mounts; nothing in place of what is not', () => {
  const volume = { name: parseVolumeName('db'), id: 'x', options: {}, given: {}, createdAt: 'then' };
  const statusOf = (more: object) =>
    JSON.parse(createVolumeAnswer('fast', 'ebs')({ volume, holders: [], ...more })).Volume.Status;
  const plain = { driver: 'fast', backend: 'ebs', options: {}, holders: 0 };
  expect(statusOf({})).toEqual(plain);
  const health = { server: 'eu-1', state: 'ok', detail: 'it answers', losses: 0, checkedAt: 0 };
  const user = { pid: 7, command: 'db', mountpoint: '/data' };
  expect(statusOf({ health, details: { zone: 'eu-1a' }, mustRestart: [user] })).toEqual({
    ...plain,
    health: { server: 'eu-1', state: 'ok', detail: 'it answers', checkedAt: '1970-01-01T00:00:00.000Z' },
    details: { zone: 'eu-1a' },
    mustRestart: [user],
  });
});
