import { expect, test } from '@jest/globals';
import { once } from '../../src/core/once.ts';

test('a value is made when it is first asked for, and never again', () => {
  const made: object[] = [];
  const get = once(() => {
    const value = {};
    made.push(value);
    return value;
  });
  expect(made).toHaveLength(0);
  expect(get()).toBe(get());
  expect(made).toHaveLength(1);
});

test('undefined is a value, and a failure is not: it is tried again', () => {
  let asked = 0;
  const nothing = once(() => {
    asked += 1;
    return undefined;
  });
  nothing();
  nothing();
  expect(asked).toBe(1);
  let fails = true;
  const late = once(() => {
    if (fails) throw new Error('not yet');
    return 'made';
  });
  expect(late).toThrow('not yet');
  fails = false;
  expect(late()).toBe('made');
});
