import { expect, test } from '@jest/globals';
import { namedFiles } from '../../src/host/named-files.ts';
import { createFakeHost } from '../fakes/fake-host.ts';

test('what Node cannot name has the kernel’s name, and everything else passes', async () => {
  const { files } = createFakeHost();
  const quota = { errno: -122, code: 'Unknown system error -122', syscall: 'mkdir', path: '/full' };
  const broken = namedFiles({
    ...files,
    createDirectory: async () => {
      throw Object.assign(new Error('Unknown system error -122'), quota);
    },
  });
  await expect(broken.createDirectory('/full', { uid: 0, gid: 0, mode: 0o755 })).rejects.toMatchObject({
    code: 'EDQUOT',
    message: expect.stringContaining('/full'),
  });
  await broken.makeDirectory('/there');
  expect((await broken.facts('/there'))?.kind).toBe('directory');
  await expect(broken.freeBytes('/none')).rejects.toMatchObject({ code: 'ENOENT' });
});
