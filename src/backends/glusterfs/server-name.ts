import { isIPv6 } from 'node:net';
import { quote } from '../../core/names.ts';
import { VolumeError } from '../../core/volume-error.ts';

/** mount.glusterfs passes over longer ones in silence (HOST_NAME_MAX in the script). */
const longestName = 62;
const namePattern = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;

/** A name, an IPv4 address, or an IPv6 address (brackets around it are taken off). Throws `invalid`. */
export function serverName(text: string): string {
  const name = text.toLowerCase();
  const bare = /^\[(.*)\]$/.exec(name)?.[1];
  if (isIPv6(bare ?? name) && !name.includes('%')) return bare ?? name;
  if (bare === undefined && name.length <= longestName && namePattern.test(name)) return name;
  throw new VolumeError(
    'invalid',
    `${quote(text)} is not a server: give a host name of at most ${longestName} characters, an IPv4 address, or an IPv6 address in brackets.`,
  );
}

/** As it stands before a colon. */
export function bracketed(server: string): string {
  return server.includes(':') ? `[${server}]` : server;
}
