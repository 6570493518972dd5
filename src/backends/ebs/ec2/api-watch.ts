import type { Log } from '../../../core/log.ts';
import type { Health } from '../../backend.ts';

/** Their meanings are in docs/backends/ebs.md. */
export type ApiState =
  | 'ok'
  | 'no-reply'
  | 'unreachable'
  | 'throttled'
  | 'refused'
  | 'no-credentials'
  | 'no-metadata';

/** What a driver's calls to EC2 or to the instance metadata met. It makes no requests of its own. */
export interface ApiWatch {
  /** `server`: a region, or the address that was asked. */
  note(server: string, state: ApiState, detail: string): void;
  health(): Health | undefined;
}

export interface ApiWatchParts {
  readonly driver: string;
  readonly log: Log;
  now(): number;
}

export function createApiWatch({ driver, log, now }: ApiWatchParts): ApiWatch {
  let health: Health | undefined;
  return {
    note(server, state, detail) {
      const was = health?.state;
      health = { server, state, detail, losses: 0, checkedAt: now() };
      if (was === state || (was === undefined && state === 'ok')) return;
      const level = state === 'ok' ? 'info' : 'warn';
      log.write(level, 'server-state', { driver, server, state, detail, was: was ?? 'unknown' });
    },
    health: () => health,
  };
}
