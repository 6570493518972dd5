import type { Answer } from '../shared/network-share/share.ts';
import type { ReactionKind } from './ask-glusterd.ts';
import type { BrickSight } from './brick-look.ts';
import type { ClusterSight, ServerSight } from './cluster-look.ts';
import type { Brick } from './volume-file.ts';

/** Milliseconds. */
const slowFrom = 1_000;

/**
 * Interprets a look at the cluster. `mounted`: a client is connected; it needs the bricks but no glusterd, so refusing glusterds do
 * not matter.
 */
export function clusterAnswer(sight: ClusterSight, volume: string, client: 'mounted' | 'none'): Answer {
  const seen = serversSeen(sight.servers);
  const isAnswered = sight.servers.some(({ reaction }) => isThere(reaction.kind));
  const isUp = isAnswered || (client === 'mounted' && isAnyHostUp(sight));
  if (!isUp) return { state: worst(sight.servers), detail: `${seen}: ${wayOut(sight.servers)}` };
  if (isVolumeMissing(sight)) return missing(seen, volume);
  const bricks = bricksSeen(sight.bricks);
  if (!isEnough(sight)) {
    return {
      state: 'bricks-down',
      detail: `${bricks}: too few for all data; see \`gluster volume status ${volume}\` on a server and start them with \`gluster volume start ${volume} force\`; mounts recover by themselves`,
    };
  }
  const detail = [seen, bricks, ...(isAnswered ? [] : ['no new client could be mounted'])]
    .filter((words) => words !== '')
    .join('; ');
  if ((sight.firstAnswer ?? 0) > slowFrom) return { state: 'slow', detail };
  return { state: isWhole(sight) ? 'ok' : 'degraded', detail };
}

function isWhole({ servers, brickHosts, bricks }: ClusterSight): boolean {
  const glusterds = [...servers.map(({ reaction }) => reaction.kind), ...brickHosts];
  return glusterds.every(isThere) && bricks.every(({ state }) => state !== 'down');
}

function isThere(kind: ReactionKind): boolean {
  return kind === 'answers' || kind === 'mute';
}

function isAnyHostUp({ servers, brickHosts }: ClusterSight): boolean {
  return (
    brickHosts.some((kind) => isThere(kind) || kind === 'refused') ||
    servers.some(({ reaction }) => reaction.kind === 'refused')
  );
}

function isVolumeMissing({ servers }: ClusterSight): boolean {
  const files = servers.flatMap(({ reaction }) => (reaction.kind === 'answers' ? [reaction.answer] : []));
  return files.length > 0 && files.every((file) => file !== undefined && 'errno' in file);
}

function missing(seen: string, volume: string): Answer {
  return {
    state: 'refused',
    detail: `${seen}; there is no Gluster volume ${volume}: see \`gluster volume list\` on a server, and correct \`volume\` in the driver's settings`,
  };
}

/** A brick in an unknown state may be up. */
function isEnough({ groups, bricks }: ClusterSight): boolean {
  const up: ReadonlySet<Brick> = new Set(
    bricks.filter(({ state }) => state !== 'down').map(({ brick }) => brick),
  );
  return groups.every((group) => group.isEnough(up));
}

/** The worst case: calls hang. */
function worst(servers: readonly ServerSight[]): 'no-reply' | 'unreachable' | 'refused' {
  const kinds = servers.map(({ reaction }) => reaction.kind);
  if (kinds.includes('no-reply')) return 'no-reply';
  return kinds.includes('unreachable') ? 'unreachable' : 'refused';
}

function wayOut(servers: readonly ServerSight[]): string {
  return worst(servers) === 'refused'
    ? 'start glusterd there (`systemctl start glusterd`)'
    : 'check those hosts, the network to them, and that port 24007 is open';
}

const wordsFor = {
  answers: 'answers',
  mute: 'accepts connections but does not answer',
  refused: 'refuses the connection',
  unreachable: 'cannot be reached',
  'no-reply': 'does not answer',
} as const;

function serversSeen(servers: readonly ServerSight[]): string {
  return servers.map(({ server, reaction }) => `${server} ${wordsFor[reaction.kind]}`).join(', ');
}

function bricksSeen(bricks: readonly BrickSight[]): string {
  if (bricks.length === 0) return '';
  const named = (state: BrickSight['state']) =>
    bricks.filter((sight) => sight.state === state).map(({ brick }) => `${brick.host}:${brick.path}`);
  const up = named('up');
  const down = named('down');
  const unknown = named('unknown');
  return [
    `${up.length} of ${bricks.length} bricks ${bricks.length === 1 ? 'runs' : 'run'}`,
    ...(down.length === 0 ? [] : [`down: ${down.join(', ')}`]),
    ...(unknown.length === 0 ? [] : [`not known: ${unknown.join(', ')}`]),
  ].join('; ');
}
