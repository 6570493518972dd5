import type { Host } from '../../src/host/host.ts';
import { interceptHost } from './intercepted-host.ts';

/**
 * Told before and after each effect (`mounts.bind`, and its arguments). A promise that never settles stops the caller
 * there for good, which is what the death of the daemon looks like to everything that is left behind.
 */
export type EffectHook = (phase: 'before' | 'after', name: string, detail: string) => void | Promise<void>;

/** The same host, whose effects are all announced; after an effect that failed there is no `after`. */
export function watchEffects(host: Host, hook: EffectHook): Host {
  return interceptHost(host, async (call, run) => {
    if (call.kind === 'look') return run();
    await hook('before', call.name, call.detail);
    const result = await run();
    await hook('after', call.name, call.detail);
    return result;
  });
}
