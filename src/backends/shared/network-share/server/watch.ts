import { wordsOf } from '../../../../core/error-words.ts';
import type { Log } from '../../../../core/log.ts';
import { VolumeError } from '../../../../core/volume-error.ts';
import type { Health } from '../../../backend.ts';
import { errnoOf } from '../../storage-errors.ts';
import type { Answer, Share } from '../share.ts';
import { createServerLook, type ServerLookParts } from './look.ts';

/** Watches the server of a share: it is asked every ten seconds, and again before a call if it was in trouble. */
export interface ServerWatch {
  /** What the server says now; calls at the same time share a question. Never rejects. */
  ask(): Promise<Answer>;
  /** From memory. */
  health(): Health | undefined;
  /** True while calls to the server would hang, as far as is known. */
  isInTrouble(): boolean;
  /** Throws `unavailable` with the server's state if it is in trouble; a server that was in trouble is asked again first. */
  require(doing: string): Promise<void>;
  /** To be called when a call failed: what the error says about the server counts until the server answers. */
  report(error: unknown): void;
  /** To be called when a mount of the share was found dead. */
  reportLoss(): void;
  close(): void;
}

export interface ServerWatchParts extends ServerLookParts {
  readonly driver: string;
  readonly log: Log;
  now(): number;
}

/** Milliseconds. */
const interval = 10_000;
/** States in which nothing is started on the server. */
const blocking: readonly Answer['state'][] = ['no-reply', 'refused', 'unreachable', 'bricks-down'];
/** States in which earlier mounts are dead. */
const losing: readonly Answer['state'][] = ['client-dead', 'stale'];

/** Errors of calls after which the server must be asked: it was silent, or the client gave up its connections. */
const silent: readonly string[] = ['ETIMEDOUT', 'ENOTCONN'];

export function createServerWatch(parts: ServerWatchParts): ServerWatch {
  const { share, driver, log } = parts;
  const look = createServerLook(parts);
  let health: (Answer & { readonly checkedAt: number }) | undefined;
  let losses = 0;
  let downSince: number | undefined;
  let asking: Promise<Answer> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const isInTrouble = () => health !== undefined && blocking.includes(health.state);

  function note(answer: Answer): Answer {
    const was = health?.state;
    if (was !== answer.state && losing.includes(answer.state)) losses += 1;
    health = { ...answer, checkedAt: parts.now() };
    downSince = isInTrouble() ? (downSince ?? health.checkedAt) : undefined;
    if (was !== answer.state && (was !== undefined || answer.state !== 'ok')) {
      const level = answer.state === 'ok' ? 'info' : 'warn';
      const { source, server } = share;
      log.write(level, 'server-state', { driver, share: source, server, ...answer, was: was ?? 'unknown' });
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
    ask,
    isInTrouble,
    health: () =>
      health && {
        server: share.server,
        ...health,
        losses,
        ...(downSince === undefined ? {} : { downSince }),
      },
    async require(doing) {
      begin();
      const isMounted = parts.mountpoint() !== undefined;
      if (isMounted && health !== undefined && !blocking.includes(health.state)) return;
      const answer = await ask();
      const isWrong = blocking.includes(answer.state) || (!isMounted && answer.state === 'wrong-version');
      if (isWrong) throw inTrouble(doing, share, answer);
    },
    report(error) {
      if (!silent.includes(errnoOf(error) ?? '')) return;
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

function inTrouble(doing: string, share: Share, { state, detail }: Answer): VolumeError {
  return new VolumeError(
    'unavailable',
    `${doing}: the server of ${share.source} is in trouble (${state}): ${detail}.`,
  );
}
