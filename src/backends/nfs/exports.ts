/** The directories in a list of exports (RFC 1813, `exports`); undefined if the bytes are not one. */
export function readExports(bytes: Buffer): readonly string[] | undefined {
  const found: string[] = [];
  let at = 0;
  const word = (): number => {
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  const text = (): string => {
    const length = word();
    if (length > bytes.length - at) throw new RangeError('longer than the answer');
    at += length + (-length & 3);
    return bytes.toString('utf8', at - length - (-length & 3), at - (-length & 3));
  };
  try {
    // Each has a mark before it, and 0 is after the last; the same for its groups.
    while (word() !== 0) {
      found.push(text());
      while (word() !== 0) text();
    }
    return found;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
