import type { Entry } from './entry.ts';
import type { NativeFiles } from './native-files.ts';

type Attributes = Readonly<Record<string, string>>;

/** Those that another host or file system can have as well. The others are given by the place: a label, a property, or an ACL that says no more than the mode. */
function portable({ x = {} }: { readonly x?: Attributes | undefined }): Attributes {
  return Object.fromEntries(
    Object.entries(x).filter(([name, value]) => {
      if (name === 'security.selinux' || name.startsWith('btrfs.')) return false;
      return name !== 'system.nfs4_acl' || !isOnlyMode(Buffer.from(value, 'base64'));
    }),
  );
}

export function sameAttributes(one: Entry, other: Entry): boolean {
  const [meant, found] = [portable(one), portable(other)];
  const names = Object.keys(meant);
  return names.length === Object.keys(found).length && names.every((name) => meant[name] === found[name]);
}

/** Gives the file those of the entry, and no others. What its file system does not have stays away. */
export function mendAttributes(native: NativeFiles, place: Buffer, entry: Entry): void {
  const [meant, found] = [portable(entry), portable({ x: native.attributes(place) })];
  for (const name of Object.keys(found))
    if (meant[name] === undefined) native.setAttribute(place, name, undefined);
  for (const [name, value] of Object.entries(meant))
    if (found[name] !== value) native.setAttribute(place, name, Buffer.from(value, 'base64'));
}

const whose: readonly string[] = ['OWNER@', 'GROUP@', 'EVERYONE@'];
/** FILE_INHERIT, DIRECTORY_INHERIT, NO_PROPAGATE_INHERIT and INHERIT_ONLY of RFC 7530, section 6.2.1.4. */
const inherits = 0xf;

/** A server of NFS 4 gives every file an ACL, which has a number of entries: type, flags, mask, and a name (RFC 7530, section 6.2.1). */
function isOnlyMode(acl: Buffer): boolean {
  try {
    let at = 4;
    for (let left = acl.readUInt32BE(0); left > 0; left -= 1) {
      const length = acl.readUInt32BE(at + 12);
      const name = acl.toString('latin1', at + 16, at + 16 + length);
      if (!whose.includes(name) || (acl.readUInt32BE(at + 4) & inherits) !== 0) return false;
      at += 16 + Math.ceil(length / 4) * 4;
    }
    return at === acl.length;
  } catch {
    return false;
  }
}
