import { matching, type Values } from '../shared/network-share/mount-option-values.ts';
import { nfsVersion } from './version.ts';

const securities = ['none', 'sys', 'krb5', 'krb5i', 'krb5p'] as const;
const transports = ['tcp', 'udp', 'rdma', 'tcp6', 'udp6', 'rdma6'] as const;
const label: Values = { read: matching(/^[\w.:-]+$/), example: 'system_u:object_r:nfs_t:s0' };

/** The words of a line share one place: only one of them can apply. */
const exclusive: readonly (readonly [string, ...string[]])[] = [
  ['hard', 'soft', 'softerr'],
  ['relatime', 'atime', 'noatime', 'strictatime', 'norelatime'],
  ['async', 'sync'],
  ...[
    ...['ac', 'acl', 'alignwrite', 'cto', 'dev', 'diratime', 'exec', 'fsc', 'lock', 'migration'],
    ...['rdirplus', 'resvport', 'sharecache', 'softreval', 'suid', 'trunkdiscovery'],
  ].map((name): readonly [string, string] => [name, `no${name}`]),
];

/** Options without a value, by the name of their place. */
export const flagPlaces: ReadonlyMap<string, string> = new Map(
  exclusive.flatMap((words) => words.map((word) => [word, words[0]] as const)),
);

/** Options of nfs(5) and mount(8) with a value. Values have no space, comma or quote, at which mount(8) would split them. */
export const valuedOptions: ReadonlyMap<string, Values> = new Map<string, Values>([
  ['acdirmax', range(0, 65_535)],
  ['acdirmin', range(0, 65_535)],
  ['acregmax', range(0, 65_535)],
  ['acregmin', range(0, 65_535)],
  ['actimeo', range(0, 65_535)],
  ['context', label],
  ['defcontext', label],
  ['fatal_neterrors', { read: matching(/^[\w:]+$/), example: 'default' }],
  ['fscontext', label],
  ['local_lock', oneOf('none', 'flock', 'posix', 'all')],
  ['lookupcache', lookupCache()],
  ['max_connect', range(1, 16)],
  ['mountproto', oneOf(...transports)],
  ['mountvers', range(1, 3)],
  ['namlen', range(1, 255)],
  ['nconnect', range(1, 16)],
  ['port', range(1, 65_535)],
  ['proto', oneOf(...transports)],
  ['retrans', range(0, 65_535)],
  ['rootcontext', label],
  ['rsize', range(1024, 2 ** 31 - 1)],
  ['sec', oneOf(...securities)],
  ['timeo', range(1, 2 ** 31 - 1)],
  ['vers', { read: versionValue, example: '4.2' }],
  ['write', oneOf('lazy', 'eager', 'wait')],
  ['wsize', range(1024, 2 ** 31 - 1)],
  ['xprtsec', oneOf('none', 'tls', 'mtls')],
]);

export { securities };

/** In nfs(5), 4 means any version of NFS 4. */
function versionValue(text: string): string | undefined {
  try {
    return nfsVersion(text === '4' ? '4.2' : text);
  } catch {
    return undefined;
  }
}

function lookupCache(): Values {
  const words = oneOf('all', 'pos', 'none', 'positive');
  const read = (value: string) => words.read(value)?.replace('positive', 'pos');
  return { ...words, read };
}

function range(least: number, most: number): Values {
  const fits = (value: number) => value >= least && value <= most;
  return {
    read: (text) => (/^\d{1,10}$/.test(text) && fits(Number(text)) ? `${Number(text)}` : undefined),
    example: `${least}`,
    choice: `a number from ${least} to ${most}`,
  };
}

function oneOf(...words: readonly [string, ...string[]]): Values {
  return {
    read: (text) => words.find((word) => word === text),
    example: words[0],
    choice: `one of ${words.join(', ')}`,
  };
}
