/** What can be done about an error by a command, whatever a front door calls that. */
export const acts = ['create', 'undelete', 'list-removed', 'remove', 'unmount'] as const;
export type Act = (typeof acts)[number];

export interface ActToTake {
  /** `unmount`: an operator who holds the volume gives it back. */
  readonly act: Act;
  readonly volume: string;
  readonly driver: string;
  /** For `undelete`: which one of the removed volumes of that name. */
  readonly id?: string;
}

/**
 * A way out of an error: an act, or a phrase (`move it away`) for what no command does. The driver layer and the backends name
 * acts, never commands: each front door has a table of its own commands.
 */
export type WayOut = ActToTake | string;

/** A phrase for each act, with the command to type: "remove it with `holdfast volume rm db`". */
export type WayOutWords = Readonly<Record<Act, (act: ActToTake) => string>>;

export interface Told {
  readonly message: string;
  readonly waysOut?: readonly WayOut[];
}

/** The message, and behind it a sentence with its ways out in the words of a front door. */
export function withWaysOut({ message, waysOut = [] }: Told, words: WayOutWords): string {
  const sayable = waysOut.filter((way) => typeof way === 'string' || isTypable(way));
  if (sayable.length === 0) return message;
  const said = sayable.map((way) => (typeof way === 'string' ? way : words[way.act](way))).join(', or ');
  return `${message} ${said.charAt(0).toUpperCase()}${said.slice(1)}.`;
}

/** A name may be outside data, such as a tag of a disk: what a shell would take apart is not given out to be typed. */
export function isTypable({ volume, driver, id = 'none' }: Omit<ActToTake, 'act'>): boolean {
  return [volume, driver, id].every((word) => /^\w[\w.-]*$/.test(word));
}
