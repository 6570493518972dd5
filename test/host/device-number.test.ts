import { expect, test } from '@jest/globals';
import { deviceText, inodeText } from '../../src/host/device-number.ts';

test('a device number is formatted as in the kernel’s mount table', () => {
  expect(deviceText(0x2en)).toBe('0:46');
  expect(deviceText(0x1000_0000_0803n & 0xffff_ffffn)).toBe('8:3');
});

test('an inode number that uses all 64 bits is not negative', () => {
  expect(inodeText(-6_449_128_527_332_328_226n)).toBe('11997615546377223390');
  expect(inodeText(2n)).toBe('2');
});
