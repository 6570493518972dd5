import type { Network } from '../../host/host.ts';
import { askGlusterd, type Reaction, type ReactionKind } from './ask-glusterd.ts';
import { type BrickSight, lookAtBricks } from './brick-look.ts';
import { askVolumeFile, type VolumeFile } from './glusterd.ts';
import { untilGrace } from './until-grace.ts';
import { type BrickGroup, brickGroups } from './volume-file.ts';

export interface ServerSight {
  readonly server: string;
  readonly reaction: Reaction<VolumeFile>;
}

/** What the glusterds of a cluster say about one Gluster volume. */
export interface ClusterSight {
  readonly servers: readonly ServerSight[];
  /** Empty if there is no volume file, neither now nor from before. */
  readonly groups: readonly BrickGroup[];
  readonly bricks: readonly BrickSight[];
  /** The reactions of the glusterds on the bricks' hosts. */
  readonly brickHosts: readonly ReactionKind[];
  /** Milliseconds until the first server answered; undefined if none did. */
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
    const { servers, firstAnswer } = await askServers(parts, signal);
    const text = servers.map(textOf).find((found) => found !== undefined);
    if (text !== undefined) groups = brickGroups(text);
    const hosts = await lookAtBricks(parts.network, groups, signal);
    return {
      servers,
      groups,
      bricks: hosts.flatMap(({ sights }) => sights),
      brickHosts: hosts.map(({ reaction }) => reaction),
      firstAnswer,
    };
  };
}

/** Asks each server for the volume file; once the first has answered, waits two seconds for the others. */
export async function askServers(
  { network, servers, volume, now }: ClusterParts,
  signal: AbortSignal,
): Promise<Pick<ClusterSight, 'servers' | 'firstAnswer'>> {
  const begun = now();
  let firstAnswer: number | undefined;
  const asked = await untilGrace(signal, (patience, answered) =>
    Promise.all(
      servers.map(async (server) => {
        const reaction = await askGlusterd(network, server, askVolumeFile(volume), patience);
        if (reaction.kind === 'answers') {
          firstAnswer ??= now() - begun;
          answered();
        }
        return { server, reaction };
      }),
    ),
  );
  return { servers: asked, firstAnswer };
}

/**
 * The servers that a new client should ask. A client waits half an hour for a glusterd that accepts its connection but does not answer
 * (GlusterFS 10.3, `frame-timeout`), and gives up at once if a glusterd does not know the volume. With TLS, none of them answers us.
 */
export function serversToMountFrom(sights: readonly ServerSight[]): readonly string[] {
  const giving = sights.filter((sight) => textOf(sight) !== undefined);
  const talking = sights.filter(({ reaction }) => reaction.kind === 'mute' || reaction.kind === 'answers');
  const found = [giving, talking, sights].find((some) => some.length > 0) ?? sights;
  return found.map(({ server }) => server);
}

function textOf({ reaction }: ServerSight): string | undefined {
  const file = reaction.kind === 'answers' ? reaction.answer : undefined;
  return file !== undefined && 'text' in file ? file.text : undefined;
}
