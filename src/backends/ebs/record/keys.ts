/** The keys of the tags that hold a volume's record. */

/** All our keys begin with it. */
export const tagPrefix = 'holdfast:';

export const keys = {
  driver: 'holdfast:driver',
  name: 'holdfast:name',
  id: 'holdfast:id',
  /** `present`, `removed` or `next`: EC2 cannot filter by a tag that is absent. */
  state: 'holdfast:state',
  createdAt: 'holdfast:created',
  options: 'holdfast:options',
  given: 'holdfast:given',
  blank: 'holdfast:blank',
  removedAt: 'holdfast:removed',
  purgeAfter: 'holdfast:purge-after',
  kept: 'holdfast:kept',
  changed: 'holdfast:changed',
} as const;

/** Which of the name's request tokens made it: tokens that already made a volume are skipped at once. */
export const tokenKey = 'holdfast:token';
/** When it was last brought back; cancels an earlier removal that a host remembers. */
export const restoredKey = 'holdfast:restored';

/** When a host last noted that it uses the volume; only shown in lists, decides nothing. */
export const usedKey = 'holdfast:used';

/** Absent from records of the first format. */
export const formatKey = 'holdfast:format';

/** The instance that an orchestrator had it attached to, and that has not mounted it since: nobody else detaches it from there. */
export const publishedKey = 'holdfast:published';
/** The instance that an orchestrator is detaching it from: a host that mounts it in the meantime completes the detach first. */
export const leavingKey = 'holdfast:unpublishing';

/** For users and the console. */
export const nameKey = 'Name';
/** AWS's own limits: docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html */
export const mostTags = 50;
