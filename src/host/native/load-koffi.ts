import { createRequire } from 'node:module';

type Koffi = typeof import('koffi');

/**
 * koffi's binary for this machine, without the package around it: that only looks where the binary may be, and adds warnings to
 * functions that are not used here. Looking takes half of the time in which all of it loads. Rejects if it cannot be loaded.
 */
export async function loadKoffi(require = createRequire(import.meta.url)): Promise<Koffi> {
  try {
    return require(`@koromix/koffi-linux-${process.arch}`);
  } catch {
    // A package manager may keep it where only koffi finds it.
    return import('koffi');
  }
}
