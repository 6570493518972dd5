import { describe, expect, test } from '@jest/globals';
import { explained, storageError, withPrefix } from '../../../src/backends/shared/storage-errors.ts';
import { VolumeError } from '../../../src/core/volume-error.ts';
import { errno } from '../../fakes/host/paths.ts';

const doing = 'Volume db could not be created';

describe('an error of the storage', () => {
  test.each([
    ['ENOSPC', 'unavailable', /no space is left at \/srv .*free some space/],
    ['EDQUOT', 'unavailable', /quota.*raise/],
    ['EROFS', 'unavailable', /read-only.*remount/],
    ['EACCES', 'failed', /access is denied.*owner and mode/],
    ['ENOENT', 'unavailable', /missing.*mounted/],
    ['EIO', 'unavailable', /disk.*dmesg/],
    ['ESTALE', 'unavailable', /no longer knows what was mounted.*mounted again/],
    ['ETIMEDOUT', 'unavailable', /there is no answer.*check the server or the disk/],
    ['ENOTCONN', 'unavailable', /connection to the servers is lost.*mounted again/],
    ['EHOSTUNREACH', 'unavailable', /cannot be reached.*address/],
    ['ENETUNREACH', 'unavailable', /cannot be reached.*address/],
    ['ENOTFOUND', 'unavailable', /name is unknown.*DNS/],
    ['ECONNREFUSED', 'unavailable', /refuses the connection.*service is running/],
    ['EREMOTEIO', 'unavailable', /interrupted.*retry/],
    ['ECANCELED', 'unavailable', /being stopped.*runs again/],
    ['EBUSY', 'in-use', /in use.*stop what uses it/],
  ])('%s is %s, with a way out', (code, kind, message) => {
    const cause = errno(code, '/srv/x');
    const error = storageError(cause, doing, '/srv');
    expect(error).toMatchObject({ code: kind, message: expect.stringMatching(message), cause });
    expect(error.message).toMatch(/^Volume db could not be created: /);
  });
  test('is recognised by its code, never by its text', () => {
    expect(storageError(new Error('ENOSPC: no space left'), doing, '/srv').code).toBe('failed');
    expect(storageError('ENOSPC', doing, '/srv').code).toBe('failed');
  });
  test('stays unchanged if it is already a VolumeError', async () => {
    const error = new VolumeError('in-use', 'Volume db is in use');
    await expect(explained(doing, '/srv', () => Promise.reject(error))).rejects.toBe(error);
  });
  test('gets the name of the volume if a helper threw it', async () => {
    const cause = new VolumeError('unavailable', 'mkfs.xfs is not installed.');
    await expect(withPrefix(doing, () => Promise.reject(cause))).rejects.toMatchObject({
      code: 'unavailable',
      message: 'Volume db could not be created: mkfs.xfs is not installed.',
      cause,
    });
  });
});
