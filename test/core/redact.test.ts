import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { redactText } from '../../src/core/redact.ts';
import { placesOfSecrets } from '../fakes/secrets.ts';

/** Beginnings of secrets, for strings in which a secret begins everywhere and ends nowhere. */
const awkward = [
  '--token ',
  'authorization: ',
  'bearer ',
  'a:',
  '\\"',
  'token:\\"\\\\',
  ' a:b',
  'AKIA',
  'pass\\',
  '--a',
  '-----BEGIN PRIVATE KEY-----',
];

describe('secrets in a string', () => {
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

  test('never come out, with anything around them', () => {
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

  test('are found quickly in any string', () => {
    const before = process.cpuUsage();
    for (const piece of ['a-', 'password', 'token.', '=', '://', 'secret = "', "'", ...awkward])
      redactText(piece.repeat(4096));
    // The processor's own time, in microseconds: other work on the machine does not count.
    const { user, system } = process.cpuUsage(before);
    expect(user + system).toBeLessThan(1_000_000);
  });

  test.each(placesOfSecrets)('never come out of %s', (_, { secret, place }) => {
    const around = fc.string({ unit: fc.constantFrom('a', ' ', ',', ';', '.', '/', '\n', '"') });
    fc.assert(
      fc.property(around, secret, around, (before, hidden, after) => {
        const text = `${before}${before === '' ? '' : ' '}${place(hidden)} ${after}`;
        expect(redactText(text)).not.toContain(hidden);
        expect(redactText(redactText(text))).not.toContain(hidden);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    'kmsKeyId=alias/volumes',
    'arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d',
    '`witnesses.main.credentials`: must be a file',
    'http://127.0.0.1:4566/x',
    '[fe80::1%eth0]:/srv and 12:03:04 info',
    'process 12 (a) of container 3f2a at /data',
    'basic authentication is needed',
  ])('%j is not a secret', (text) => {
    expect(redactText(text)).toBe(text);
  });
});
