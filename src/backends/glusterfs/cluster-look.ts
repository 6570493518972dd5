import type { Network } from '../../host/host.ts';
import { askGlusterd, type Reaction } from './ask-glusterd.ts';
import { type BrickSight, lookAtBricks } from './brick-look.ts';
import { askVolumeFile, type VolumeFile } from './glusterd.ts';
import { untilGrace } from './until-grace.ts';
import { type BrickGroup, brickGroups } from './volume-file.ts';

export interface ServerSight {
  readonly server: string;
  readonly reaction: Reaction<VolumeFile>;
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
