import { openSync } from 'node:fs';
import { constants } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import { type Call, callers, type Library } from '../../../src/host/native/callers.ts';
import { detachedMounts } from '../../../src/host/native/detached-mount.ts';
import { restrictedBind } from '../../../src/host/native/restricted-bind.ts';

/** By their numbers, in the order in which they are tried. */
const calls = {
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
  open_tree: 428,
  mount_setattr: 442,
  move_mount: 429,
} as const;

/** A kernel that has all the calls, but one of them fails. A move to nowhere is ENOENT. */
function kernelWith(failing: number | undefined, code: 'ENOSYS' | 'EPERM' | 'EINVAL') {
  const tried: number[] = [];
  let errno = 0;
  const fail = (name: keyof typeof constants.errno) => {
    errno = constants.errno[name];
    return -1;
  };
  const answer = (number: number): number => {
    tried.push(number);
    if (number === failing) return fail(code);
    if (number === calls.move_mount) return fail('ENOENT');
    return number === calls.fsconfig || number === calls.mount_setattr ? 0 : openSync('/dev/null', 'r');
  };
  const call = ((number: number) => answer(number)) as unknown as Call;
  const library: Library = { func: () => call };
  const called = callers(() => errno);
  return { tried, mounts: detachedMounts(library, called, restrictedBind(library, called)) };
}

describe('whether an image can be mounted nowhere', () => {
  test('is tried once, with all the calls', () => {
    const { tried, mounts } = kernelWith(undefined, 'ENOSYS');
    expect([mounts.canDetach(), mounts.canDetach()]).toEqual([true, true]);
    expect([...new Set(tried)]).toEqual(Object.values(calls));
    expect(tried).toHaveLength(7);
  });
  test.each(
    Object.entries(calls).flatMap(([name, number]) =>
      (['ENOSYS', 'EPERM', 'EINVAL'] as const).map((code) => ({ name, number, code })),
    ),
  )('is denied where $name fails with $code', ({ number, code }) => {
    const { mounts } = kernelWith(number, code);
    expect([mounts.canDetach(), mounts.canDetach()]).toEqual([false, false]);
  });
});
