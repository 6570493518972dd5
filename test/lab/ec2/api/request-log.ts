import type { Clock } from '../cloud/clock.ts';

export interface LoggedRequest {
  readonly at: number;
  readonly action: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** `done`, or the code of the refusal. */
  readonly result: string;
}

export interface RequestLog {
  add(action: string, parameters: Readonly<Record<string, string>>, result: string): void;
  /** The requests in the order of their answers, of one action or of all. */
  requests(action?: string): readonly LoggedRequest[];
  clear(): void;
}

export function createRequestLog(clock: Clock): RequestLog {
  let log: LoggedRequest[] = [];
  return {
    add: (action, parameters, result) => {
      log.push({ at: clock.now(), action, parameters, result });
    },
    requests: (action) => log.filter((entry) => action === undefined || entry.action === action),
    clear: () => {
      log = [];
    },
  };
}
