import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect } from 'node:tls';
import type { Address } from './plugin.ts';

/** As Docker does: without a CA file the server's certificate is not checked. */
export function dialTls({ host, port, files }: Extract<Address, { readonly kind: 'tls' }>): Socket {
  const text = (file: string): string => readFileSync(file, 'utf8');
  return connect({
    host,
    port,
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: files.ca !== undefined && !files.insecure,
    ...(files.ca === undefined ? {} : { ca: text(files.ca) }),
    ...(files.cert === undefined ? {} : { cert: text(files.cert) }),
    ...(files.key === undefined ? {} : { key: text(files.key) }),
  });
}
