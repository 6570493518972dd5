import type { Ailment } from '../disks/disks.ts';

export type Fault =
  /** RequestLimitExceeded; nothing is done. */
  | { readonly kind: 'throttled' }
  /** Any other refusal; nothing is done. */
  | { readonly kind: 'error'; readonly code: string; readonly message: string; readonly status?: number }
  /** The connection is cut before anything is done. */
  | { readonly kind: 'not-received' }
  /** It is done, and then the connection is cut, or a 500 comes instead of the answer. */
  | { readonly kind: 'reply-lost'; readonly as: 'cut' | 'internal-error' }
  /** Milliseconds before it is done. */
  | { readonly kind: 'slow'; readonly milliseconds: number }
  /** It is done, and never answered. */
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
