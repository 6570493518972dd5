import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pagePaths } from '../../../src/http/admin/page.ts';
import { type ServedPage, servePage } from '../../lab/browser/served-page.ts';

const names = ['index.html', 'page.js', 'page.css', 'icon.svg'];
let folder: string;
let served: ServedPage;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-page-'));
  for (const name of names.slice(1)) writeFileSync(join(folder, name), name);
  served = await servePage({ folder });
});
afterAll(async () => {
  await served.close();
  rmSync(folder, { recursive: true });
});

const ask = (path: string, init?: RequestInit) => fetch(`${served.address}${path}`, init);

describe('the files of the page', () => {
  test('need no token, and lead nowhere else', async () => {
    for (const path of pagePaths.slice(1)) {
      const answer = await ask(path);
      expect([path, answer.status, await answer.text()]).toEqual([path, 200, path.slice(1)]);
    }
    for (const path of ['/v1/drivers', '/v1/history', '/index.html', '/page.js/', '/page.js/../v1/drivers'])
      expect([path, (await ask(path)).status]).toEqual([path, 401]);
    expect((await ask('/page.js', { method: 'POST' })).status).toBe(401);
    const { token } = served;
    expect((await ask('/v1/drivers', { headers: { Authorization: `Bearer ${token}` } })).status).toBe(200);
    expect((await ask('/v1/drivers', { headers: { Cookie: `token=${token}` } })).status).toBe(401);
    expect((await ask(`/v1/drivers?token=${token}`)).status).toBe(401);
  });

  test('may load and run only themselves, and are never shown in a frame', async () => {
    const { headers } = await ask('/page.js');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy.split('; ')).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "frame-ancestors 'none'",
        "form-action 'none'",
        "base-uri 'none'",
        "require-trusted-types-for 'script'",
      ]),
    );
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(headers.get('set-cookie')).toBeNull();
  });

  test('that were not built are reported as missing', async () => {
    const answer = await ask('/');
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ error: { code: 'unavailable' } });
  });
});

test('there is no page unless it is configured', async () => {
  const without = await servePage({});
  try {
    const headers = { Authorization: `Bearer ${without.token}` };
    for (const path of pagePaths) {
      expect((await fetch(`${without.address}${path}`)).status).toBe(401);
      expect((await fetch(`${without.address}${path}`, { headers })).status).toBe(404);
    }
  } finally {
    await without.close();
  }
});
