import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../run.ts';

export interface Certificates {
  /** File with the CA certificate. */
  readonly ca: string;
  /** For 127.0.0.1, as PEM. */
  readonly key: string;
  readonly cert: string;
  remove(): Promise<void>;
}

/** A private CA, and its certificate for 127.0.0.1. Needs `openssl`. */
export async function makeCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-tls-'));
  const file = (name: string) => join(folder, name);
  const fresh = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  await writeFile(file('extensions'), 'subjectAltName=IP:127.0.0.1\n');
  await openssl(
    'req',
    '-x509',
    ...fresh,
    '-keyout',
    file('ca.key'),
    '-out',
    file('ca.pem'),
    '-subj',
    '/CN=Test authority',
  );
  await openssl(
    'req',
    ...fresh.slice(0, -2),
    '-keyout',
    file('key'),
    '-out',
    file('csr'),
    '-subj',
    '/CN=127.0.0.1',
  );
  const signing = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial', '-days', '2'];
  await openssl(
    'x509',
    '-req',
    '-in',
    file('csr'),
    ...signing,
    '-extfile',
    file('extensions'),
    '-out',
    file('cert'),
  );
  return {
    ca: file('ca.pem'),
    key: await readFile(file('key'), 'utf8'),
    cert: await readFile(file('cert'), 'utf8'),
    remove: () => rm(folder, { recursive: true }),
  };
}

async function openssl(...args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await run('openssl', args);
  if (exitCode !== 0) throw new Error(`openssl ${args[0]} failed: ${stderr}`);
}
