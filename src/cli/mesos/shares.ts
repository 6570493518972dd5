export interface FileSystem {
  /** Bytes that it has for users other than root, used or free. */
  readonly bytes: number;
  /** The device, or the totals of a server's export. File systems with a common identity are the same one. */
  readonly identities: readonly string[];
}

export interface Share {
  /** An equal part of the file system's bytes: an agent adds up the sizes of its disks. */
  readonly bytes: number;
  /** How many places have a part of the file system. */
  readonly sharers: number;
}

/** How many bytes each place may offer, in the same order, so that no byte is offered twice. */
export function shares(all: readonly FileSystem[]): readonly Share[] {
  let groups: readonly (readonly FileSystem[])[] = [];
  for (const each of all) {
    const isSame = (group: readonly FileSystem[]) => group.some((other) => isOne(each, other));
    groups = [...groups.filter((group) => !isSame(group)), [...groups.filter(isSame).flat(), each]];
  }
  return all.map((each) => {
    const sharers = groups.find((group) => group.includes(each))?.length ?? 1;
    return { bytes: each.bytes / sharers, sharers };
  });
}

function isOne(one: FileSystem, other: FileSystem): boolean {
  return one.identities.some((identity) => other.identities.includes(identity));
}
