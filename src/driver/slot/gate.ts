import { VolumeError } from '../../core/volume-error.ts';

/** Lets calls through, or makes them wait while the driver behind it is replaced. */
export interface Gate {
  /**
   * Makes the call once the gate is open, after the calls that came before it. If that takes longer than this many milliseconds,
   * the call is not made, and this rejects with `timeout`.
   */
  pass<T>(call: () => Promise<T>, patience: number): Promise<T>;
  readonly isShut: boolean;
  /** From now on, calls wait. Resolves when those that were let through are over. */
  shut(): Promise<void>;
  open(): void;
}

/** `sentence`: the error message for a caller who waited too long. */
export function createGate(sentence: string): Gate {
  /** In the order of the calls. */
  const waiting = new Set<() => void>();
  let isShut = false;
  let underWay = 0;
  let becameIdle = (): void => undefined;

  async function make<T>(call: () => Promise<T>): Promise<T> {
    underWay += 1;
    try {
      return await call();
    } finally {
      underWay -= 1;
      if (underWay === 0) becameIdle();
    }
  }

  function makeLater<T>(call: () => Promise<T>, patience: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        clearTimeout(timer);
        make(call).then(resolve, reject);
      };
      const timer = setTimeout(() => {
        waiting.delete(begin);
        reject(new VolumeError('timeout', sentence));
      }, patience).unref();
      waiting.add(begin);
    });
  }

  return {
    pass: (call, patience) => (isShut ? makeLater(call, patience) : make(call)),
    get isShut() {
      return isShut;
    },
    shut() {
      isShut = true;
      if (underWay === 0) return Promise.resolve();
      return new Promise((resolve) => {
        becameIdle = resolve;
      });
    },
    open() {
      isShut = false;
      const next = [...waiting];
      waiting.clear();
      for (const begin of next) begin();
    },
  };
}
