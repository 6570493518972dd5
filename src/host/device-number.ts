/** "major:minor" of a device number in the encoding of the C library and of the kernel's 64-bit structures. */
export function deviceText(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
  return `${major}:${minor}`;
}

/** An inode number of Node's BigIntStats as unsigned. Node reads its 64 bits as signed, and GlusterFS uses all of them. */
export function inodeText(inode: bigint): string {
  return `${BigInt.asUintN(64, inode)}`;
}
