import type { Files } from '../host.ts';
import { withErrnoCode } from '../system-error.ts';

/** The same files, with the kernel's codes for errors that Node has no name for (EDQUOT, EUCLEAN, ESTALE). */
export function withErrnoCodes(files: Files): Files {
  return new Proxy(files, {
    get(target, key) {
      // These errors get their codes where they arise.
      if (key === 'below') return target.below;
      const call: unknown = Reflect.get(target, key);
      if (typeof call !== 'function') return call;
      return async (...args: unknown[]) => {
        try {
          return await Reflect.apply(call, target, args);
        } catch (error) {
          throw withErrnoCode(error);
        }
      };
    },
  });
}
