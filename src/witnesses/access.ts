import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import * as z from 'zod/mini';
import type { WitnessConfiguration } from '../config/configuration.ts';
import { VolumeError } from '../core/volume-error.ts';

/** Holdfast's credentials, and the certificates to verify a server. Never part of a message or a log. */
export interface Access {
  /** The value of the Authorization header. */
  readonly authorization?: string;
  /** The principal that the credentials name, if any. */
  readonly principal?: string;
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

/** Stands for standard input on the command line; the configuration accepts only absolute paths. Can be read once. */
const standardInput = '-';

const mesosCredential = z.object({ principal: z.string().check(z.minLength(1)), secret: z.string() });
const token = z.object({ token: z.string().check(z.minLength(1)) });

/** Reads the files each time, as credentials may be renewed while the daemon runs. Throws `invalid` with the file's name, never its content. */
export async function openAccess({
  credentialsFile,
  tls,
}: Pick<WitnessConfiguration, 'credentialsFile' | 'tls'>): Promise<Access> {
  const [credentials, ca, cert, key] = await Promise.all([
    credentialsFile === undefined
      ? {}
      : readText(credentialsFile).then((written) => parseCredentials(written, credentialsFile)),
    readOptional(tls.ca),
    readOptional(tls.certificate),
    readOptional(tls.key),
  ]);
  const files = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
  return { ...credentials, tls: files };
}

/** Accepts `{"principal", "secret"}` (Mesos' own --credential), `{"token"}`, or the header's value on one line. */
export function parseCredentials(
  content: string,
  where: string,
): Pick<Access, 'authorization' | 'principal'> {
  const trimmed = content.trim();
  if (trimmed.startsWith('{')) {
    const written = parsedJson(trimmed);
    const basic = mesosCredential.safeParse(written);
    if (basic.success) {
      const { principal, secret } = basic.data;
      const pair = Buffer.from(`${principal}:${secret}`).toString('base64');
      return { authorization: `Basic ${pair}`, principal };
    }
    const bearer = token.safeParse(written);
    if (bearer.success && isHeaderValue(bearer.data.token))
      return { authorization: `Bearer ${bearer.data.token}` };
  } else if (/^(Basic|Bearer) \S+$|^token=\S+$/.test(trimmed) && isHeaderValue(trimmed)) {
    return { authorization: trimmed };
  }
  const forms = '`{"principal": …, "secret": …}`, `{"token": …}`, `Bearer …` or `token=…`';
  throw new VolumeError(
    'invalid',
    `The credentials in ${where} are not in a supported format: use ${forms}.`,
  );
}

function isHeaderValue(text: string): boolean {
  return /^[\x20-\x7e]+$/.test(text);
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The message of JSON.parse would quote the secret.
    return undefined;
  }
}

async function readOptional(path: string | undefined): Promise<string | undefined> {
  return path === undefined ? undefined : readText(path);
}

async function readText(path: string): Promise<string> {
  try {
    return await (path === standardInput ? text(process.stdin) : readFile(path, 'utf8'));
  } catch (error) {
    const code =
      typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unreadable';
    throw new VolumeError('failed', `The file ${path} cannot be read (${code}): check its path and mode.`, {
      cause: error,
    });
  }
}
