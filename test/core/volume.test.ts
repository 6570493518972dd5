import { describe, expect, test } from '@jest/globals';
import { parseVolumeName } from '../../src/core/names.ts';
import { type Options, optionsDifference, type Volume } from '../../src/core/volume.ts';
import { asVolumeError, VolumeError } from '../../src/core/volume-error.ts';

function volume(given: Options, options: Options = given): Volume {
  return { name: parseVolumeName('db'), id: '1', given, options, createdAt: '' };
}

describe('a repeated Create', () => {
  test('without options fits any volume', () => {
    expect(optionsDifference(volume({ size: '1GiB' }), volume({}, { mode: '0755' }))).toBeUndefined();
  });

  test('with its original options fits, even if the defaults changed since', () => {
    const recorded = volume({ size: '1GiB' }, { size: '1GiB', mode: '0755' });
    expect(
      optionsDifference(recorded, volume({ size: '1GiB' }, { size: '1GiB', mode: '0700' })),
    ).toBeUndefined();
  });

  test('that gives a default as an option fits', () => {
    const recorded = volume({}, { mode: '0755' });
    expect(optionsDifference(recorded, volume({ mode: '0755' }, { mode: '0755' }))).toBeUndefined();
  });

  test('with others names each difference', () => {
    const difference = optionsDifference(volume({ size: '1GiB' }), volume({ size: '2GiB', uid: '5' }));
    expect(difference).toBe('size is "1GiB", not "2GiB"; uid is not set, not "5"');
    const fewer = optionsDifference(volume({ size: '1GiB', uid: '5' }), volume({ size: '1GiB' }));
    expect(fewer).toBe('uid is "5", which is not asked for');
  });
});

describe('errors', () => {
  test('a thrown value gets a code and keeps its cause', () => {
    const cause = new Error('ENOSPC');
    const error = asVolumeError(cause, 'Volume db could not be created');
    expect(error).toMatchObject({ code: 'failed', message: 'Volume db could not be created: ENOSPC', cause });
    expect(asVolumeError('odd', 'It').message).toBe('It: odd');
  });

  test('a VolumeError passes unchanged', () => {
    const error = new VolumeError('in-use', 'no');
    expect(asVolumeError(error, 'x')).toBe(error);
  });
});
