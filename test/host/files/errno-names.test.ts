import { expect, test } from '@jest/globals';
import { withErrnoCodes } from '../../../src/host/files/errno-names.ts';
import { createFakeHost } from '../../fakes/host/fake-host.ts';

test('errors that Node cannot name get the kernel’s code, others stay unchanged', async () => {
  const { files } = createFakeHost();
  const quota = { errno: -122, code: 'Unknown system error -122', syscall: 'mkdir', path: '/full' };
  const broken = withErrnoCodes({
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
  await expect(broken.space('/none')).rejects.toMatchObject({ code: 'ENOENT' });
});
