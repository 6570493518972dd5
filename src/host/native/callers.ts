import type { KoffiFunc } from 'koffi';
import { systemErrorOf } from '../system-error.ts';

export type Call = KoffiFunc<(...args: unknown[]) => number>;
export interface Library {
  /** An argument's type is a name, or a type that koffi made. */
  func(name: string, result: string, args: readonly unknown[]): Call;
}
export type Callers = ReturnType<typeof callers>;

/** Turns a negative result into the error of errno. koffi keeps errno per call. */
export function callers(errno: () => number) {
  return {
    check: (result: number, call: string, path: string): number => {
      if (result < 0) throw systemErrorOf(errno(), call, path);
      return result;
    },
    onPool: (call: Call, path: string, args: readonly unknown[]): Promise<number> =>
      new Promise((resolve, reject) => {
        call.async(...args, (failure: unknown, result: number) => {
          if (failure) reject(failure);
          else if (result < 0) reject(systemErrorOf(errno(), call.info.name, path));
          else resolve(result);
        });
      }),
  };
}
