import { BlockList, isIP, isIPv4 } from 'node:net';
import type { AdminTcp } from '../configuration.ts';
import { type Places, type Problem, valueProblem } from '../problem.ts';

interface Written {
  readonly listen?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly tls: { readonly certificate?: string | undefined; readonly key?: string | undefined };
  readonly openMetrics: boolean;
  readonly page: boolean;
  readonly allowPlain: boolean;
}

export interface CheckedAdmin {
  /** Absent without `admin.listen`. */
  readonly tcp?: AdminTcp;
  readonly problems: readonly Problem[];
}

/** The admin API by TCP: never without a token, and in plain text only on this host, unless the file says otherwise. */
export function checkAdmin(written: Written, places: Places): CheckedAdmin {
  const { listen, tokenFile, tls, openMetrics, page, allowPlain } = written;
  const wrong = (key: string, message: string): CheckedAdmin => ({
    problems: [valueProblem(places, ['admin', key], message)],
  });
  if (listen === undefined) {
    const address = 'needs `admin.listen`, the address where the page is served, such as 127.0.0.1:7777';
    return page ? wrong('page', address) : { problems: [] };
  }
  const address = parseAddress(listen);
  if (address === undefined) {
    const form = 'must be an IP address of this host and a port, such as 127.0.0.1:7777 or [::1]:7777';
    return wrong('listen', form);
  }
  if (tokenFile === undefined)
    return wrong('listen', 'needs `admin.tokenFile`, the file of the token that callers must send');
  const { certificate, key } = tls;
  if ((certificate === undefined) !== (key === undefined))
    return wrong('tls', 'a certificate needs its key, and a key its certificate');
  const isEncrypted = certificate !== undefined && key !== undefined;
  if (!isEncrypted && !allowPlain && !isLoopback(address.host)) {
    const message = `${address.host} can be reached from other hosts, which would see the token: add \`admin.tls\`, listen on 127.0.0.1, or, if something else encrypts, set \`admin.allowPlain\``;
    return wrong('listen', message);
  }
  const files = isEncrypted ? { tls: { certificate, key } } : {};
  return { tcp: { ...address, tokenFile, ...files, openMetrics, page }, problems: [] };
}

function parseAddress(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, v6, v4, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = v6 ?? v4 ?? '';
  const port = Number(digits);
  const isAddress = isIP(host) === (v6 === undefined ? 4 : 6);
  return isAddress && port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

function isLoopback(host: string): boolean {
  const loopback = new BlockList();
  loopback.addSubnet('127.0.0.0', 8, 'ipv4');
  loopback.addAddress('::1', 'ipv6');
  return loopback.check(host, isIPv4(host) ? 'ipv4' : 'ipv6');
}
