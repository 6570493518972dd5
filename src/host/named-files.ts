import type { Files } from './host.ts';
import { named } from './system-error.ts';

/** The same files; errors that Node has no name for (EDQUOT, EUCLEAN, ESTALE) have the kernel's. */
export function namedFiles(files: Files): Files {
  return new Proxy(files, {
    get(target, key) {
      const call: unknown = Reflect.get(target, key);
      if (typeof call !== 'function') return call;
      return async (...args: unknown[]) => {
        try {
          return await Reflect.apply(call, target, args);
        } catch (error) {
          throw named(error);
        }
      };
    },
  });
}
