import { operatorWords } from '../../core/operator-words.ts';
import type { WayOutWords } from '../../core/way-out.ts';

/** For a user of Docker or Podman. If the engine has no command for an act, the message names `holdfast` on the host. */
export const engineWords: WayOutWords = {
  ...operatorWords,
  create: ({ volume, driver }) =>
    `create a new one with \`docker volume create --driver ${driver} ${volume}\``,
};
