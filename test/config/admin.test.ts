import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { configurationOf, problemsOf } from './load.ts';

const withAdmin = (lines: string): string => `admin:\n${lines.replace(/^/gm, '  ')}\n`;
const token = 'tokenFile: /etc/holdfast/admin.token\n';

describe('the admin API by TCP', () => {
  test('is off unless it is configured', async () => {
    expect((await configurationOf('reaper: { grace: 10m }\n')).adminTcp).toBeUndefined();
    expect((await configurationOf(withAdmin(token))).adminTcp).toBeUndefined();
  });

  test('has an address and a token, and TLS if that is configured', async () => {
    const tcp = { tokenFile: '/etc/holdfast/admin.token', openMetrics: false, page: false };
    expect((await configurationOf(withAdmin(`listen: 127.0.0.1:7777\n${token}`))).adminTcp).toEqual({
      host: '127.0.0.1',
      port: 7777,
      ...tcp,
    });
    const tls = 'tls: { certificate: /c.pem, key: /k.pem }\nopenMetrics: true\n';
    expect((await configurationOf(withAdmin(`listen: "[::]:7777"\n${token}${tls}`))).adminTcp).toEqual({
      host: '::',
      port: 7777,
      ...tcp,
      tls: { certificate: '/c.pem', key: '/k.pem' },
      openMetrics: true,
    });
  });

  test.each<[string, string, string]>([
    ['without a token', 'listen: 127.0.0.1:7777', 'FILE:2:3: `admin.listen`: needs `admin.tokenFile`'],
    ['without a port', `listen: 127.0.0.1\n${token}`, 'FILE:2:3: `admin.listen`: must be an IP address'],
    [
      'with a host name',
      `listen: localhost:7777\n${token}`,
      'FILE:2:3: `admin.listen`: must be an IP address',
    ],
    ['with port 0', `listen: 127.0.0.1:0\n${token}`, 'FILE:2:3: `admin.listen`: must be an IP address'],
    ['with IPv6 without brackets', `listen: "::1:7777"\n${token}`, 'FILE:2:3: `admin.listen`: must be an'],
    ['unencrypted for other hosts', `listen: 0.0.0.0:7777\n${token}`, 'FILE:2:3: `admin.listen`: 0.0.0.0'],
    [
      'with a certificate, but no key',
      `listen: 127.0.0.1:7777\n${token}tls: { certificate: /c.pem }`,
      'FILE:4:3: `admin.tls`: a certificate needs its key',
    ],
    [
      'with a mistyped key',
      `lissen: 127.0.0.1:7777`,
      'FILE:2:3: unknown key `lissen` in `admin`; did you mean',
    ],
    [
      'with a relative path',
      `tokenFile: admin.token`,
      'FILE:2:3: `admin.tokenFile`: must be an absolute path',
    ],
  ])('%s is refused, and the error has its line', async (_, lines, problem) => {
    expect(await problemsOf(withAdmin(lines))).toEqual([expect.stringContaining(problem)]);
  });

  test('is served unencrypted to other hosts only if the file allows it', async () => {
    const plain = await configurationOf(withAdmin(`listen: 10.0.0.7:7777\n${token}allowPlain: true\n`));
    expect(plain.adminTcp).toMatchObject({ host: '10.0.0.7' });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.ipV4(), fc.ipV6()),
        fc.integer({ min: 1, max: 65_535 }),
        async (ip, port) => {
          const isV6 = ip.includes(':');
          const listen = isV6 ? `"[${ip}]:${port}"` : `${ip}:${port}`;
          const problems = await problemsOf(withAdmin(`listen: ${listen}\n${token}`));
          const isLoopback = isV6 ? /^(0*:)*0*1$/.test(ip) && !ip.includes('.') : ip.startsWith('127.');
          expect(problems.length).toBe(isLoopback ? 0 : 1);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('can be set by variables, and an error names the wrong one', async () => {
    const environment = { HOLDFAST_ADMIN_LISTEN: '0.0.0.0:7777', HOLDFAST_ADMIN_TOKEN_FILE: '/token' };
    expect(await problemsOf('reaper: { grace: 10m }\n', environment)).toEqual([
      expect.stringContaining(
        'environment variable HOLDFAST_ADMIN_LISTEN: `admin.listen`: 0.0.0.0 can be reached',
      ),
    ]);
  });
});
