import type { Log } from '../../../core/log.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { Health } from '../../backend.ts';
import { errnoOf, wordsOf } from '../storage-errors.ts';
import type { Answer, Share } from './share.ts';

/** What is known of the server of a share: asked every ten seconds, and before a call that would find it in trouble. */
export interface ServerWatch {
  /** From memory. */
  health(): Health | undefined;
  /** True while what asks the server may wait for it for ever, as far as is known. */
  isInTrouble(): boolean;
  /** Throws `unavailable` with what the server says when it is in trouble; one that was is asked again first. */
  require(doing: string): Promise<void>;
  /** To be told of a call that failed: what it says of the server is remembered until the server says otherwise. */
  report(error: unknown): void;
  /** To be told that a mount of the share was found dead. */
  reportLoss(): void;
  close(): void;
}

export interface ServerWatchParts {
  readonly share: Share;
  readonly driver: string;
  readonly log: Log;
  now(): number;
  /** Where the share is mounted, if it is. */
  mountpoint(): string | undefined;
  /** A look at the mounted share from another process; rejects with the system's error. */
  touch(mountpoint: string): Promise<void>;
}

/** Milliseconds. */
const interval = 10_000;
/** Milliseconds that a server has to answer a question. */
const patience = 5_000;
/** As long as this is so, nothing is begun on the server. */
const blocking: readonly Answer['state'][] = ['no-reply', 'refused', 'unreachable', 'bricks-down'];
/** Mounts that were made before lead nowhere any more. */
const losing: readonly Answer['state'][] = ['client-dead', 'stale'];

export function createServerWatch(parts: ServerWatchParts): ServerWatch {
  const { share, driver, log } = parts;
  const look = createLook(parts);
  let health: (Answer & { readonly checkedAt: number }) | undefined;
  let losses = 0;
  let asking: Promise<Answer> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  function note(answer: Answer): Answer {
    const was = health?.state;
    if (was !== answer.state && losing.includes(answer.state)) losses += 1;
    health = { ...answer, checkedAt: parts.now() };
    if (was !== answer.state && (was !== undefined || answer.state !== 'ok')) {
      const level = answer.state === 'ok' ? 'info' : 'warn';
      log.write(level, 'server-state', { driver, share: share.source, ...answer, was: was ?? 'unknown' });
    }
    return answer;
  }

  function ask(): Promise<Answer> {
    asking ??= look()
      .then(note)
      .finally(() => {
        asking = undefined;
      });
    return asking;
  }

  function begin(): void {
    if (timer !== undefined || closed) return;
    timer = setInterval(() => void ask(), interval);
    timer.unref();
  }

  return {
    isInTrouble: () => health !== undefined && blocking.includes(health.state),
    health: () => health && { server: share.server, ...health, losses },
    async require(doing) {
      begin();
      const isMounted = parts.mountpoint() !== undefined;
      if (isMounted && health !== undefined && !blocking.includes(health.state)) return;
      const answer = await ask();
      const isWrong = blocking.includes(answer.state) || (!isMounted && answer.state === 'wrong-version');
      if (isWrong) throw inTrouble(doing, share, answer);
    },
    report(error) {
      if (errnoOf(error) !== 'ETIMEDOUT') return;
      note({
        state: 'no-reply',
        detail: `a call got no answer (${wordsOf(error)}); it is asked again before the next one`,
      });
    },
    reportLoss() {
      losses += 1;
    },
    close() {
      closed = true;
      clearInterval(timer);
    },
  };
}

/** One question to the server, and one look at the mounted share; of the latter never more than one is under way. */
function createLook({ share, mountpoint, touch }: ServerWatchParts): () => Promise<Answer> {
  let touching: Promise<Answer> | undefined;

  async function touched(place: string, said: Answer): Promise<Answer> {
    touching ??= touch(place)
      .then(
        () => said,
        (error) => whatItMeans(share, place, said, error),
      )
      .finally(() => {
        touching = undefined;
      });
    return within(touching, {
      state: 'no-reply',
      detail:
        'its service answers, but its file system does not: look at the disks and the load of the server',
    });
  }

  return async () => {
    const place = mountpoint();
    const said = await share.probe(place, AbortSignal.timeout(patience));
    const isUp = said.state === 'ok' || said.state === 'slow';
    return isUp && place !== undefined ? touched(place, said) : said;
  };
}

async function whatItMeans(share: Share, place: string, said: Answer, error: unknown): Promise<Answer> {
  const code = errnoOf(error) ?? 'EIO';
  const detail = `a look at ${place} says ${wordsOf(error)}`;
  if (await share.isLost(place, code)) {
    return {
      state: code === 'ESTALE' ? 'stale' : 'client-dead',
      detail: `${detail}: it is mounted anew with the next mount`,
    };
  }
  // EIO: what a `soft` mount says after its patience is over.
  if (code === 'ETIMEDOUT' || code === 'EIO') return { state: 'no-reply', detail };
  if (code === 'ENOTCONN')
    return {
      state: 'bricks-down',
      detail: `${detail}, and its client runs: start the bricks, it recovers by itself`,
    };
  return said;
}

function within(answer: Promise<Answer>, otherwise: Answer): Promise<Answer> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(otherwise), patience);
    timer.unref();
    void answer.then(resolve).finally(() => clearTimeout(timer));
  });
}

function inTrouble(doing: string, share: Share, { state, detail }: Answer): VolumeError {
  return new VolumeError(
    'unavailable',
    `${doing}: the server of ${share.source} is in trouble (${state}): ${detail}.`,
  );
}
