import type { Host } from '../../src/host/host.ts';
import { interceptHost } from './intercepted-host.ts';

/**
 * Called before and after each effect (`mounts.bind`, with its arguments). A promise that never settles stops the caller
 * forever; for the remaining state, that is like the death of the daemon.
 */
export type EffectHook = (phase: 'before' | 'after', name: string, detail: string) => void | Promise<void>;

/** The same host, with all effects announced. A failed effect has no `after`. */
export function watchEffects(host: Host, hook: EffectHook): Host {
  return interceptHost(host, async (call, run) => {
    if (call.kind === 'look') return run();
    await hook('before', call.name, call.detail);
    const result = await run();
    await hook('after', call.name, call.detail);
    return result;
  });
}
