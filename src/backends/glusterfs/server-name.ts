import { isIPv4, isIPv6 } from 'node:net';
import { quote } from '../../core/names.ts';
import { VolumeError } from '../../core/volume-error.ts';

/** mount.glusterfs passes over longer ones in silence (HOST_NAME_MAX in the script). */
const longestName = 62;
/** Underscores are in no host name of the DNS, but in those of /etc/hosts and of Docker. */
const namePattern = /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/;

/** A name, an IPv4 address, or an IPv6 address without its brackets; each in one spelling. Throws `invalid`. */
export function serverName(text: string): string {
  const name = text.toLowerCase();
  const bare = /^\[(.*)\]$/.exec(name)?.[1] ?? name;
  if (isIPv6(bare) && !bare.includes('%')) return new URL(`http://[${bare}]`).hostname.slice(1, -1);
  if (isIPv4(name)) return name;
  // The C library reads "10.1" as 10.0.0.1: what looks like an address is one, or a mistake.
  const isNumber = /(^|\.)(\d+|0x[0-9a-f]*)$/.test(name);
  if (!isNumber && name.length <= longestName && namePattern.test(name) && !name.includes('..')) return name;
  throw new VolumeError(
    'invalid',
    `${quote(text)} is no server: give a host name of at most ${longestName} characters, an IPv4 address, or an IPv6 address in brackets.`,
  );
}

/** As it stands before a colon. */
export function bracketed(server: string): string {
  return server.includes(':') ? `[${server}]` : server;
}
