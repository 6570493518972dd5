import type { Change } from '../backend.ts';

const done = { create: 'created', remove: 'removed', undelete: 'brought back' } as const;

/** The beginning of a message about the change, as the change itself begins it. */
export function doingOf(change: Change): string {
  const { name } = change.verb === 'undelete' ? change.removed.volume : change.volume;
  const as = change.verb === 'undelete' && change.as !== undefined ? ` as ${change.as}` : '';
  return `Volume ${name} could not be ${done[change.verb]}${as}`;
}
