import { isIPv4, isIPv6 } from 'node:net';
import { quote } from '../../../../core/names.ts';
import { VolumeError } from '../../../../core/volume-error.ts';

const longestName = 253;
/** The DNS has no host names with underscores, but /etc/hosts and Docker do. */
const namePattern = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/;

/** A name, an IPv4 address, or an IPv6 address without its brackets; normalised. Throws `invalid`. */
export function serverName(text: string): string {
  const name = text.toLowerCase();
  const bare = /^\[(.*)\]$/.exec(name)?.[1] ?? name;
  if (isIPv6(bare)) return compressed(bare);
  if (isIPv4(name)) return name;
  // The C library reads "10.1" as 10.0.0.1: a name that looks like an address must be a valid one.
  const isNumber = /(^|\.)(\d+|0x[0-9a-f]*)\.?$/.test(name);
  if (!isNumber && name.length <= longestName && namePattern.test(name)) return name;
  throw new VolumeError(
    'invalid',
    `${quote(text)} is not a valid server: give a host name, an IPv4 address, or an IPv6 address in brackets.`,
  );
}

/** The server as written before a colon (nfs(5)). */
export function bracketed(server: string): string {
  return server.includes(':') ? `[${server}]` : server;
}

/** RFC 5952; a link-local address keeps its interface. */
function compressed(address: string): string {
  const [host = '', ...zone] = address.split('%');
  const [spelled] = new URL(`http://[${host}]`).hostname.slice(1, -1).split('%');
  return [spelled, ...zone].join('%');
}
