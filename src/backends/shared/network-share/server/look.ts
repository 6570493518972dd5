import { wordsOf } from '../../../../core/error-words.ts';
import { afterPatience, withPatience } from '../../../../core/waits/patience.ts';
import { errnoOf } from '../../storage-errors.ts';
import type { Answer, Share } from '../share.ts';

export interface ServerLookParts {
  readonly share: Share;
  /** The mountpoint of the share, if it is mounted. */
  mountpoint(): string | undefined;
  /** Resolves once a look can start; rejects if this host is too busy to start one. */
  ready(): Promise<void>;
  /** A look at the mounted share from another process; rejects with the system's error. */
  touch(mountpoint: string): Promise<void>;
}

/** Milliseconds within which a server must answer a question. */
const patience = 5_000;
/** States in which the server answers, so that its file system is checked too. */
const answering: readonly Answer['state'][] = ['ok', 'slow', 'degraded'];

const silentBehind: Answer = {
  state: 'no-reply',
  detail: 'its service answers, but its file system does not: look at the disks and the load of the server',
};

/** Asks the server one question and looks at the mounted share; there is never more than one such look under way. */
export function createServerLook({
  share,
  mountpoint,
  ready,
  touch,
}: ServerLookParts): () => Promise<Answer> {
  let touching: Promise<Answer> | undefined;

  async function touched(place: string, said: Answer): Promise<Answer> {
    try {
      await ready();
    } catch (error) {
      // Other calls wait for its file system. A busy host, which has another code, says nothing about the server.
      return errnoOf(error) === 'ETIMEDOUT' ? silentBehind : said;
    }
    touching ??= touch(place)
      .then(
        () => said,
        (error) => whatItMeans(share, place, said, error),
      )
      .finally(() => {
        touching = undefined;
      });
    return within(touching, silentBehind);
  }

  return async () => {
    const place = mountpoint();
    const said = await withPatience(patience, (signal) => share.probe(place, signal));
    const isUp = answering.includes(said.state);
    return isUp && place !== undefined ? touched(place, said) : said;
  };
}

async function whatItMeans(share: Share, place: string, said: Answer, error: unknown): Promise<Answer> {
  const code = errnoOf(error) ?? 'EIO';
  const detail = `a look at ${place} says ${wordsOf(error)}`;
  if (await share.isLost(place, code)) {
    return {
      state: code === 'ESTALE' ? 'stale' : 'client-dead',
      detail: `${detail}: it is mounted again with the next mount`,
    };
  }
  if (code === 'ETIMEDOUT') return { state: 'no-reply', detail };
  if (code === 'EIO') {
    const { state, happened, wayOut } = share.wordsFor.inputOutput;
    return { state, detail: `${detail}: ${happened}: ${wayOut}` };
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return {
      state: 'refused',
      detail: `${detail}: it no longer exports this to this host: ${share.wordsFor.withdrawn}`,
    };
  }
  if (code === 'ENOTCONN')
    return {
      state: 'bricks-down',
      detail: `${detail}, and its client is running: start the bricks, and it recovers by itself`,
    };
  return said;
}

function within(answer: Promise<Answer>, otherwise: Answer): Promise<Answer> {
  return new Promise((resolve) => {
    const end = afterPatience(patience, () => resolve(otherwise));
    void answer.then(resolve).finally(end);
  });
}
