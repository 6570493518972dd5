import type { Ailment } from '../disks/disks.ts';

export type Fault =
  /** RequestLimitExceeded; nothing is done. */
  | { readonly kind: 'throttled' }
  /** Any other refusal; nothing is done. */
  | { readonly kind: 'error'; readonly code: string; readonly message: string; readonly status?: number }
  /** The connection is cut before the action. */
  | { readonly kind: 'not-received' }
  /** The action is done, but then the connection is cut, or the answer is a 500. */
  | { readonly kind: 'reply-lost'; readonly as: 'cut' | 'internal-error' }
  /** The action begins after this many milliseconds. */
  | { readonly kind: 'slow'; readonly milliseconds: number }
  /** The action is done, but never answered. */
  | { readonly kind: 'unanswered' }
  /** AttachVolume stays `attaching`, DetachVolume stays `detaching`. */
  | { readonly kind: 'stuck' }
  /** AttachVolume attaches a faulty disk. */
  | Ailment;

export interface Faults {
  /** Applies to the next so many requests of this action. */
  add(action: string, fault: Fault, times: number): void;
  take(action: string): Fault | undefined;
  clear(): void;
}

export function createFaults(): Faults {
  let waiting: readonly { readonly action: string; readonly fault: Fault; readonly times: number }[] = [];
  return {
    add: (action, fault, times) => {
      waiting = [...waiting, { action, fault, times }];
    },
    take: (action) => {
      const found = waiting.find((entry) => entry.action === action);
      if (!found) return undefined;
      const left = found.times > 1 ? [{ ...found, times: found.times - 1 }] : [];
      waiting = waiting.flatMap((entry) => (entry === found ? left : [entry]));
      return found.fault;
    },
    clear: () => {
      waiting = [];
    },
  };
}
