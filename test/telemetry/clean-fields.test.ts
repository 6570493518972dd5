import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cleanFields } from '../../src/telemetry/clean-fields.ts';
import { redactText } from '../../src/telemetry/redact.ts';

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
  ])('what stands under %s is not logged, wherever it is', (key) => {
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

  test.each([
    ['mount -o username=me,password=hunter2,vers=3', 'mount -o username=me,password=[redacted],vers=3'],
    ['AWS_SECRET_ACCESS_KEY=hunter2 x', 'AWS_SECRET_ACCESS_KEY=[redacted] x'],
    ['token = "hunter2 and more" rest', 'token = [redacted] rest'],
    ['{"sessionToken": "hunter2"}', '{"sessionToken": [redacted]}'],
    ['https://me:hunter2@host/path', 'https://[redacted]@host/path'],
    ["passphrase='hunter2", 'passphrase=[redacted]'],
  ])('%j is written as %j', (text, shown) => {
    expect(redactText(text)).toBe(shown);
  });

  test.each([
    'compass=north',
    'the password was refused',
    'driver=shared volume=db',
    'nfs.example:/srv',
    'a@b',
  ])('%j is left as it is', (text) => {
    expect(redactText(text)).toBe(text);
  });

  test('never come out, whatever stands around them', () => {
    const around = fc.string({ unit: fc.constantFrom('a', ' ', ',', ';', '.', '-', '/', '\n') });
    fc.assert(
      fc.property(
        around,
        fc.constantFrom('password', 'secretKey', 'API_TOKEN'),
        around,
        (before, key, after) => {
          expect(redactText(`${before}${key}=hunter2,${after}`)).not.toContain('hunter2');
        },
      ),
    );
  });

  test('are looked for in a moment, in any text', () => {
    const started = performance.now();
    for (const piece of ['a-', 'password', 'token.', '=', '://', 'secret = "', "'"])
      redactText(piece.repeat(4096));
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('fields of any shape', () => {
  test('circles, depths and crowds are cut', () => {
    const circle: Record<string, unknown> = { name: 'a' };
    circle.self = circle;
    expect(JSON.stringify(clean({ circle }))).toContain('[too deep]');
    const crowd = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`k${index}`, new Array(1000).fill(1)]),
    );
    expect(JSON.stringify(clean({ crowd })).length).toBeLessThan(20_000);
  });

  test('a long text is cut, and says how long it was', () => {
    expect(clean({ text: 'x'.repeat(10_000) }).text).toBe(`${'x'.repeat(4096)}... (10000 characters)`);
  });

  test('what JSON cannot say is said in words', () => {
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

  test('a field that cannot be read does not stop the event', () => {
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
