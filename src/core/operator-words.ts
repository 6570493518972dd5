import { type ActToTake, isTypable, type WayOutWords } from './way-out.ts';

/**
 * For the operator of the host, who has the `holdfast` command: the admin socket and the log. Other front doors begin with
 * these.
 */
export const operatorWords: WayOutWords = {
  create: (act) => `create a new one with ${command('create', act)}`,
  undelete: (act) => `bring it back with ${command('undelete', act)}`,
  'list-removed': ({ driver }) =>
    `see which ones are left with \`holdfast volume ls --removed --driver ${driver}\``,
  remove: (act) => `remove the one of driver ${act.driver} with ${command('rm', act)}`,
  unmount: (act) => `give it back with ${command('unmount', act)}, then repeat`,
};

/** The command `holdfast volume VERB` for this volume; undefined if its name cannot be typed as it is. */
export function volumeCommand(verb: string, about: Omit<ActToTake, 'act'>): string | undefined {
  return isTypable(about) ? command(verb, about).slice(1, -1) : undefined;
}

function command(verb: string, { volume, driver, id }: Omit<ActToTake, 'act'>): string {
  const which = id === undefined ? '' : ` --id ${id}`;
  return `\`holdfast volume ${verb} ${volume} --driver ${driver}${which}\``;
}
