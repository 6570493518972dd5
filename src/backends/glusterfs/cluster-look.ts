import type { Network } from '../../host/host.ts';
import { askGlusterd, type Reaction } from './ask-glusterd.ts';
import { askBricks, askVolumeFile, type BrickState, type VolumeFile } from './glusterd.ts';
import { type Brick, type BrickGroup, brickGroups } from './volume-file.ts';

export interface ServerSight {
  readonly server: string;
  readonly reaction: Reaction<VolumeFile>;
}

export interface BrickSight {
  readonly brick: Brick;
  readonly state: BrickState;
}

/** What the glusterds of a cluster say of one Gluster volume. */
export interface ClusterSight {
  readonly servers: readonly ServerSight[];
  /** None when no volume file was got, now or before. */
  readonly groups: readonly BrickGroup[];
  readonly bricks: readonly BrickSight[];
  /** Whether the host of a brick gave a sign of life, if only by refusing. */
  readonly isAnyBrickHostUp: boolean;
  /** Milliseconds until the first server answered; undefined when none did. */
  readonly firstAnswer: number | undefined;
}

export interface ClusterParts {
  readonly network: Network;
  readonly servers: readonly string[];
  readonly volume: string;
  now(): number;
}

/** Milliseconds that the others have once one has answered, so that a server that is off does not slow down every look. */
const grace = 2_000;

/** Asks every server for the volume file, then the glusterd of each brick for its brick, as a client does when it mounts. */
export function createClusterLook(parts: ClusterParts): (signal: AbortSignal) => Promise<ClusterSight> {
  let groups: readonly BrickGroup[] = [];
  return async (signal) => {
    const begun = parts.now();
    let firstAnswer: number | undefined;
    const servers = await untilGrace(signal, (patience, answered) =>
      Promise.all(
        parts.servers.map(async (server) => {
          const reaction = await askGlusterd(parts.network, server, askVolumeFile(parts.volume), patience);
          if (reaction.kind === 'answers') {
            firstAnswer ??= parts.now() - begun;
            answered();
          }
          return { server, reaction };
        }),
      ),
    );
    const text = servers.map(textOf).find((found) => found !== undefined);
    if (text !== undefined) groups = brickGroups(text);
    const hosts = await lookAtBricks(parts.network, groups, signal);
    return {
      servers,
      groups,
      bricks: hosts.flatMap(({ sights }) => sights),
      isAnyBrickHostUp: hosts.some(({ isUp }) => isUp),
      firstAnswer,
    };
  };
}

function textOf({ reaction }: ServerSight): string | undefined {
  const file = reaction.kind === 'answers' ? reaction.answer : undefined;
  return file !== undefined && 'text' in file ? file.text : undefined;
}

interface HostSight {
  readonly sights: readonly BrickSight[];
  readonly isUp: boolean;
}

/** Each host is asked once for all its bricks. */
async function lookAtBricks(
  network: Network,
  groups: readonly BrickGroup[],
  signal: AbortSignal,
): Promise<readonly HostSight[]> {
  const byHost = new Map<string, Brick[]>();
  for (const brick of groups.flatMap(({ bricks }) => bricks)) {
    byHost.set(brick.host, [...(byHost.get(brick.host) ?? []), brick]);
  }
  return untilGrace(signal, (patience, begun) => {
    begun();
    return Promise.all([...byHost].map(([host, bricks]) => lookAtHost(network, host, bricks, patience)));
  });
}

async function lookAtHost(
  network: Network,
  host: string,
  bricks: readonly Brick[],
  signal: AbortSignal,
): Promise<HostSight> {
  const question = askBricks(bricks.map(({ path }) => path));
  const reaction = await askGlusterd(network, host, question, signal);
  if (reaction.kind === 'answers') {
    const sights = bricks.map((brick, index) => ({ brick, state: reaction.answer[index] ?? 'unknown' }));
    return { sights, isUp: true };
  }
  // Bricks go on without their glusterd; those of a host that cannot be reached do not help anybody here.
  const state = reaction.kind === 'unreachable' ? 'down' : 'unknown';
  const isUp = reaction.kind === 'refused' || reaction.kind === 'mute';
  return { sights: bricks.map((brick) => ({ brick, state })), isUp };
}

/** Does the work with a signal that is up with the given one, or when the grace is over that `began` begins. */
async function untilGrace<T>(
  signal: AbortSignal,
  work: (patience: AbortSignal, began: () => void) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  try {
    return await work(AbortSignal.any([signal, over.signal]), () => {
      timer ??= setTimeout(() => over.abort(), grace);
    });
  } finally {
    clearTimeout(timer);
  }
}
