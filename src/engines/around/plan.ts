import type { Around } from '../../core/protect/containers.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { EngineContainer } from '../answers.ts';
import type { Engine } from '../usual-engines.ts';
import type { ContainerCommand } from './run-command.ts';

/** A container that runs, or is paused, and uses the volume. */
export interface UsingContainer extends EngineContainer {
  readonly engine: Engine;
}

export interface AroundPlan {
  readonly before: readonly ContainerCommand[];
  readonly pause: readonly UsingContainer[];
  readonly after: readonly ContainerCommand[];
}

/** The labels of offen/docker-volume-backup (https://offen.github.io/docker-volume-backup) that have a meaning here. */
const labels = {
  stop: 'docker-volume-backup.stop-during-backup',
  before: 'docker-volume-backup.archive-pre',
  after: 'docker-volume-backup.archive-post',
  only: 'docker-volume-backup.exec-label',
} as const;

/** Throws `invalid` if it is unclear in which container to run a command, and `not-found` for one that does not use the volume. */
export function planAround(
  volume: string,
  containers: readonly UsingContainer[],
  { pause, execBefore, execAfter, execIn, containerLabel }: Around,
): AroundPlan {
  const isAsked = execBefore !== undefined || execAfter !== undefined;
  const own = isAsked ? containerOf(volume, containers, execIn) : undefined;
  const asked = (command: string | undefined): readonly ContainerCommand[] =>
    command === undefined || own === undefined ? [] : [{ ...placeOf(own), command }];
  const labelled = (key: 'before' | 'after'): readonly ContainerCommand[] =>
    containerLabel === undefined
      ? []
      : containers.flatMap((container) => commandOn(container, labels[key], containerLabel));
  return {
    before: [...asked(execBefore), ...labelled('before')],
    pause: containers.filter(
      ({ labels: has }) => pause || (containerLabel !== undefined && has[labels.stop] === containerLabel),
    ),
    after: [...labelled('after'), ...asked(execAfter)],
  };
}

/** The container, in its engine. */
export function placeOf({
  engine,
  id,
  name,
}: UsingContainer): Pick<ContainerCommand, 'socket' | 'id' | 'name'> {
  return { socket: engine.socket, id, name };
}

function commandOn(container: UsingContainer, label: string, value: string): readonly ContainerCommand[] {
  const { labels: has } = container;
  const command = has[label];
  const chosen = has[labels.only];
  if (command === undefined || (chosen !== undefined && chosen !== value)) return [];
  const user = has[`${label}.user`];
  return [{ ...placeOf(container), command, ...(user && { user }) }];
}

/** Undefined: no container runs that uses the volume, so there is nothing to prepare. */
function containerOf(
  volume: string,
  containers: readonly UsingContainer[],
  asked: string | undefined,
): UsingContainer | undefined {
  const names = [...new Set(containers.map(({ name }) => name))];
  if (asked !== undefined) {
    const found = containers.find(({ name, id }) => name === asked || id === asked);
    if (found !== undefined) return found;
    const known = names.length === 0 ? 'None does' : `Those that do: ${names.join(', ')}`;
    throw new VolumeError(
      'not-found',
      `Container ${JSON.stringify(asked)} does not run, or does not use volume ${volume}. ${known}.`,
    );
  }
  if (names.length < 2) return containers[0];
  throw new VolumeError(
    'invalid',
    `Several containers use volume ${volume}: ${names.join(', ')}. Say in which one the command is to be run.`,
  );
}
