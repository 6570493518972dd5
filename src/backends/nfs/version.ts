import { quote } from '../../core/names.ts';
import { VolumeError } from '../../core/volume-error.ts';

/** `4.2` is negotiated down to the newest NFS 4 version of the server; the others are fixed. */
const nfsVersions = ['4.2', '4.1', '4.0', '3'] as const;
export type NfsVersion = (typeof nfsVersions)[number];

/** Throws `invalid`. */
export function nfsVersion(text: string): NfsVersion {
  const found = nfsVersions.find((version) => version === text);
  if (found !== undefined) return found;
  // YAML reads 4.0 as the number 4; in nfs(5), 4 means any version of NFS 4.
  const why =
    text === '4' ? 'may mean "4.0" (write it in quotes) or 4.2, which is negotiated down' : 'is not known';
  throw new VolumeError('invalid', `${quote(text)} ${why}: choose one of ${nfsVersions.join(', ')}.`);
}

/** The option for mount.nfs(8): without a minor version it tries 4.2, 4.1 and 4.0. */
export function versionOption(version: string): string {
  return version === '4.2' ? 'vers=4' : `vers=${version}`;
}

/** The version of the RPC program: NFS 4 has one for all its minor versions (RFC 8881). */
export function programVersion(version: NfsVersion): 3 | 4 {
  return version === '3' ? 3 : 4;
}
