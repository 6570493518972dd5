import { matching, type Values } from '../shared/network-share/mount-option-values.ts';

const yes = ['1', 'on', 'yes', 'true', 'enable'];
const no = ['0', 'off', 'no', 'false', 'disable'];

const bool: Values = { read: switchOf, example: 'on' };
const boolOrAuto: Values = { read: (value) => (value === 'auto' ? value : switchOf(value)), example: 'auto' };
const seconds: Values = { read: matching(/^\d{1,6}(\.\d{1,3})?$/), example: '1.5' };
const count: Values = {
  read: (value) => (/^\d{1,9}$/.test(value) ? `${Number(value)}` : undefined),
  example: '1000',
};
const threads: Values = { read: matching(/^([1-9]|[1-5]\d|6[0-4])$/), example: '4' };
const oomScore: Values = { read: matching(/^(-?\d{1,3}|-?1000)$/), example: '-500' };
const label: Values = { read: matching(/^[\w.:-]+$/), example: 'system_u:object_r:container_file_t:s0' };
const translator: Values = {
  read: matching(/^[\w*-]+\.[\w-]+=[\w.%+-]+$/),
  example: '*client*.ping-timeout=10',
};

/**
 * Options that have an effect in mount.glusterfs(8), tried one by one on GlusterFS 10.3; `flag`: a word without a value. Values have
 * no space, comma or quote: mount.glusterfs is a shell script that splits its arguments at them.
 */
export const mountOptionValues: ReadonlyMap<string, Values | 'flag'> = new Map<string, Values | 'flag'>([
  ['acl', 'flag'],
  ['selinux', 'flag'],
  ['enable-ino32', 'flag'],
  ['fopen-keep-cache', 'flag'],
  ['global-threading', 'flag'],
  ['localtime-logging', 'flag'],
  ['resolve-gids', 'flag'],
  ['noatime', 'flag'],
  ['nodev', 'flag'],
  ['noexec', 'flag'],
  ['nosuid', 'flag'],
  ['attribute-timeout', seconds],
  ['entry-timeout', seconds],
  ['negative-timeout', seconds],
  ['gid-timeout', count],
  ['lru-limit', count],
  ['invalidate-limit', count],
  ['background-qlen', count],
  ['congestion-threshold', count],
  ['attr-times-granularity', count],
  ['fuse-dev-eperm-ratelimit-ns', count],
  ['halo-max-latency', count],
  ['halo-max-replicas', count],
  ['halo-min-replicas', count],
  ['reader-thread-count', threads],
  ['oom-score-adj', oomScore],
  ['direct-io-mode', boolOrAuto],
  ['auto-invalidation', bool],
  ['event-history', bool],
  ['fuse-flush-handle-interrupt', bool],
  ['kernel-writeback-cache', bool],
  ['no-root-squash', bool],
  ['use-readdirp', bool],
  ['context', label],
  ['xlator-option', translator],
]);

function switchOf(value: string): string | undefined {
  if (yes.includes(value)) return 'on';
  return no.includes(value) ? 'off' : undefined;
}
