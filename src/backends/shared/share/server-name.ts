import { isIPv4, isIPv6 } from 'node:net';
import { quote } from '../../../core/names.ts';
import { VolumeError } from '../../../core/volume-error.ts';

const longestName = 253;
/** Underscores are in no host name of the DNS, but in those of /etc/hosts and of Docker. */
const namePattern = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/;

/** A name, an IPv4 address, or an IPv6 address without its brackets; each in one spelling. Throws `invalid`. */
export function serverName(text: string): string {
  const name = text.toLowerCase();
  const bare = /^\[(.*)\]$/.exec(name)?.[1] ?? name;
  if (isIPv6(bare)) return compressed(bare);
  if (isIPv4(name)) return name;
  // The C library reads "10.1" as 10.0.0.1: what looks like an address is one, or a mistake.
  const isNumber = /(^|\.)(\d+|0x[0-9a-f]*)\.?$/.test(name);
  if (!isNumber && name.length <= longestName && namePattern.test(name)) return name;
  throw new VolumeError(
    'invalid',
    `${quote(text)} is no server: give a host name, an IPv4 address, or an IPv6 address in brackets.`,
  );
}

/** As it stands before a colon (nfs(5)). */
export function bracketed(server: string): string {
  return server.includes(':') ? `[${server}]` : server;
}

/** RFC 5952; the interface of a link-local address stays as it is. */
function compressed(address: string): string {
  const [host = '', ...zone] = address.split('%');
  const [spelled] = new URL(`http://[${host}]`).hostname.slice(1, -1).split('%');
  return [spelled, ...zone].join('%');
}
