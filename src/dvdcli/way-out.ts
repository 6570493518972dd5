import { field, type Json, listField, textField } from '../core/json.ts';
import { operatorWords } from '../core/operator-words.ts';
import { type ActToTake, acts, type WayOut, type WayOutWords, withWaysOut } from '../core/way-out.ts';

/**
 * For a user of dvdcli, or a reader of its line as the message of a Mesos task. For other acts, the operator's command is
 * named.
 */
const dvdcliWords: WayOutWords = {
  ...operatorWords,
  create: (act) => `create a new one with ${command('create', act)}`,
  remove: (act) => `remove the one of driver ${act.driver} with ${command('remove', act)}`,
};

function command(verb: string, { volume, driver }: ActToTake): string {
  return `\`dvdcli ${verb} --volumedriver=${driver} --volumename=${volume}\``;
}

/** The `Problem` of Holdfast's answer, with dvdcli's own commands; undefined if the answer has none. */
export function problemHere(answer: Json): string | undefined {
  const problem = field(answer, 'Problem');
  const message = textField(problem, 'message');
  if (message === '') return undefined;
  return withWaysOut({ message, waysOut: listField(problem, 'waysOut').flatMap(wayOut) }, dvdcliWords);
}

/** Passes over an unknown act, as of a newer daemon. */
function wayOut(value: Json): readonly WayOut[] {
  if (typeof value === 'string') return [value];
  const act = acts.find((known) => known === textField(value, 'act'));
  if (act === undefined) return [];
  const [volume, driver, id] = ['volume', 'driver', 'id'].map((key) => textField(value, key));
  return [{ act, volume: volume ?? '', driver: driver ?? '', ...(id ? { id } : {}) }];
}
