import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cleanFields } from '../../src/telemetry/clean-fields.ts';

const clean = (fields: Record<string, unknown>) => cleanFields(fields, 'without-stacks');

describe('secrets', () => {
  test.each([
    'password',
    'Password',
    'dbPassword',
    'passwd',
    'pass',
    'passphrase',
    'secret',
    'secretAccessKey',
    'accessKey',
    'access_key_id',
    'token',
    'sessionToken',
    'credentials',
    'privateKey',
    'authorization',
  ])('the value of %s is not logged, at any depth', (key) => {
    const secret = 'hunter2';
    const fields = clean({
      [key]: secret,
      deep: [{ [key]: { inner: secret } }],
      map: new Map([[key, secret]]),
      error: Object.assign(new Error('x', { cause: new Error(`${key}=${secret}`) }), { code: 'E' }),
    });
    expect(JSON.stringify(fields)).not.toContain(secret);
    expect(fields[key]).toBe('[redacted]');
  });
});

describe('fields of any shape', () => {
  test('cycles, deep nesting and long lists are cut', () => {
    const circle: Record<string, unknown> = { name: 'a' };
    circle.self = circle;
    expect(JSON.stringify(clean({ circle }))).toContain('[too deep]');
    const crowd = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`k${index}`, new Array(1000).fill(1)]),
    );
    expect(JSON.stringify(clean({ crowd })).length).toBeLessThan(20_000);
  });

  test('a long string is truncated, with its original length', () => {
    expect(clean({ text: 'x'.repeat(10_000) }).text).toBe(`${'x'.repeat(4096)}... (10000 characters)`);
  });

  test('values without JSON representation are described', () => {
    expect(
      clean({
        large: 12345678901234567890n,
        nan: Number.NaN,
        date: new Date('2024-01-02T03:04:05Z'),
        never: new Date(Number.NaN),
        bytes: Buffer.from('abc'),
        set: new Set([1, 2]),
        symbol: Symbol('s'),
      }),
    ).toEqual({
      large: '12345678901234567890',
      nan: 'NaN',
      date: '2024-01-02T03:04:05.000Z',
      never: 'Invalid Date',
      bytes: '[3 bytes]',
      set: [1, 2],
      symbol: 'Symbol(s)',
    });
  });

  test('an unreadable field does not prevent the event', () => {
    const hostile = {
      get x(): never {
        throw new Error('no');
      },
    };
    expect(clean({ hostile })).toEqual({ fields: '[unreadable]' });
  });

  test('they can always be written as JSON', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.anything({ withBigInt: true, withMap: true, withSet: true })),
        (fields) => {
          expect(typeof JSON.stringify(clean(fields))).toBe('string');
        },
      ),
    );
  });
});
