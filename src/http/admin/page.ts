import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Express } from 'express';
import { VolumeError } from '../../core/volume-error.ts';

/** The files of the page by their paths. They are the same for everybody and hold nothing that needs a token. */
const files: Readonly<Record<string, { readonly file: string; readonly type: string }>> = {
  '/': { file: 'index.html', type: 'text/html; charset=utf-8' },
  '/page.js': { file: 'page.js', type: 'text/javascript; charset=utf-8' },
  '/page.css': { file: 'page.css', type: 'text/css; charset=utf-8' },
  '/icon.svg': { file: 'icon.svg', type: 'image/svg+xml' },
};

export const pagePaths: readonly string[] = Object.keys(files);

/**
 * Allows the page to load only its own files and to call only this API, so that injected markup could load and run nothing.
 * There are no cookies, so a foreign page in the same browser has no token to send.
 */
const headers = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-cache',
};

/** Serves the page from the folder that the build wrote. */
export function addPage(app: Express, folder: string): void {
  for (const [path, { file, type }] of Object.entries(files))
    app.get(path, async (_, response) => {
      const text = await readBuilt(join(folder, file));
      response.writeHead(200, { ...headers, 'Content-Type': type, 'Content-Length': text.length });
      response.end(text);
    });
}

async function readBuilt(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new VolumeError('unavailable', `The page is not there: ${path} cannot be read. Build it again.`, {
      cause,
    });
  }
}
