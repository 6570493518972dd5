import type { ServerResponse } from 'node:http';
import type { Caller } from '../driver/volume-driver.ts';

/** The way back to one caller. */
export interface Exchange extends Caller {
  /** Runs when the answer turns out not to have reached the caller. */
  onUndelivered(act: () => Promise<void>): void;
}

export function createExchange(response: ServerResponse): Exchange {
  let closed = false;
  let act: (() => Promise<void>) | undefined;
  response.once('close', () => {
    closed = true;
    if (!response.writableFinished) void act?.();
  });
  return {
    gone: () => closed,
    onUndelivered(undo) {
      act = undo;
      if (closed) void undo();
    },
  };
}
