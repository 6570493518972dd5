import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { operatorWords } from '../../src/core/operator-words.ts';
import { VolumeError } from '../../src/core/volume-error.ts';
import { acts, type WayOut, withWaysOut } from '../../src/core/way-out.ts';

const said = (...waysOut: readonly WayOut[]) =>
  withWaysOut({ message: 'It failed.', waysOut }, operatorWords);

test('a message without ways out stays as it is', () => {
  expect(said()).toBe('It failed.');
});

test('ways out are alternatives of one sentence behind the message', () => {
  const undelete: WayOut = { act: 'undelete', volume: 'db', driver: 'gold', id: 'vol-1' };
  expect(said(undelete, 'move it away')).toBe(
    'It failed. Bring it back with `holdfast volume undelete db --driver gold --id vol-1`, or move it away.',
  );
  expect(said('move it away', undelete)).toMatch(/^It failed\. Move it away, or bring it back with `/);
});

test('an error keeps the ways out of its cause, unless it has its own', () => {
  const cause = new VolumeError('conflict', 'Inner.', { waysOut: ['repeat'] });
  expect(new VolumeError('failed', 'Outer.', { cause }).waysOut).toEqual(['repeat']);
  expect(new VolumeError('failed', 'Outer.', { cause, waysOut: ['wait'] }).waysOut).toEqual(['wait']);
  expect(new VolumeError('failed', 'Outer.', { cause: new Error('x') }).waysOut).toEqual([]);
});

test('no name leads to a command that a shell would split', () => {
  const word = fc.oneof(fc.string(), fc.constantFrom('db', 'a.b-c_1', '$(reboot)', 'a b', '`x`', '-rf', ''));
  fc.assert(
    fc.property(fc.constantFrom(...acts), word, word, word, (act, volume, driver, id) => {
      const [, command] = /`(.*)`/s.exec(said({ act, volume, driver, id })) ?? [];
      if (command !== undefined) expect(command).toMatch(/^[\w. -]+$/);
    }),
  );
});
