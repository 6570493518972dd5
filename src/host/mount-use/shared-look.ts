import type { MountUses } from '../host.ts';

/** As `Mounts.uses`. */
export type SharedLook = (root: string, maxAge: number) => Promise<MountUses>;

interface Looks {
  /** The latest look that has started. */
  latest?: { readonly startedAt: number; readonly uses: Promise<MountUses> };
  /** A requested look that has not started. */
  next?: Promise<MountUses>;
}

/**
 * Callers share a look that started recently enough for them, or the next one. Looks never run in parallel.
 * A failed look is reported to those who waited for it, and not reused.
 */
export function shareLooks(look: (root: string) => Promise<MountUses>, now: () => number): SharedLook {
  const byRoot = new Map<string, Looks>();
  let running: Promise<unknown> = Promise.resolve();

  function begin(looks: Looks, root: string): Promise<MountUses> {
    delete looks.next;
    const latest = { startedAt: now(), uses: look(root) };
    looks.latest = latest;
    latest.uses.catch(() => {
      if (looks.latest === latest) delete looks.latest;
    });
    return latest.uses;
  }

  return (root, maxAge) => {
    const looks = byRoot.get(root) ?? {};
    byRoot.set(root, looks);
    if (looks.latest && maxAge > 0 && now() - looks.latest.startedAt <= maxAge) return looks.latest.uses;
    if (looks.next) return looks.next;
    const start = () => begin(looks, root);
    const next = running.then(start, start);
    looks.next = next;
    running = next;
    return next;
  };
}
