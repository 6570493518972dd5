import { afterEach, describe } from '@jest/globals';
import { linuxHostUnderTest } from '../../host/linux-host-under-test.ts';
import { describeWith } from '../../lab/requirements.ts';
import { describePaths } from './paths-rules.ts';
import { fakeHostWithLinks } from './under-test.ts';

let end = async (): Promise<void> => undefined;
const onEnd = (next: () => Promise<void>): void => {
  end = next;
};
afterEach(async () => {
  await end();
  end = async () => undefined;
});

describe('a path volume on the fake host', () => describePaths(() => fakeHostWithLinks(), onEnd));
describeWith({ root: true }, 'a path volume on Linux', () => {
  describe('by system calls', () => describePaths(() => linuxHostUnderTest('auto'), onEnd));
  describe('by the plain helpers', () => describePaths(() => linuxHostUnderTest('spawned'), onEnd));
});
