import type { Network } from '../../host/host.ts';
import { askGlusterd, type ReactionKind } from './ask-glusterd.ts';
import { askBricks, type BrickState } from './glusterd.ts';
import { untilGrace } from './until-grace.ts';
import type { Brick, BrickGroup } from './volume-file.ts';

export interface BrickSight {
  readonly brick: Brick;
  readonly state: BrickState;
}

interface HostSight {
  readonly sights: readonly BrickSight[];
  readonly reaction: ReactionKind;
}

/** Asks each host once for all its bricks. */
export async function lookAtBricks(
  network: Network,
  groups: readonly BrickGroup[],
  signal: AbortSignal,
): Promise<readonly HostSight[]> {
  const byHost = new Map<string, Brick[]>();
  for (const brick of groups.flatMap(({ bricks }) => bricks)) {
    byHost.set(brick.host, [...(byHost.get(brick.host) ?? []), brick]);
  }
  return untilGrace(signal, (patience, began) => {
    began();
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
    return { sights, reaction: reaction.kind };
  }
  // Bricks work without their glusterd, but the bricks of an unreachable host are of no use here.
  const state = reaction.kind === 'unreachable' ? 'down' : 'unknown';
  return { sights: bricks.map((brick) => ({ brick, state })), reaction: reaction.kind };
}
