import type { MountUses } from './host.ts';

/** As `Mounts.uses`. */
export type SharedLook = (root: string, maxAge: number) => Promise<MountUses>;

interface Looks {
  /** The latest look that began, ended or not. */
  latest?: { readonly startedAt: number; readonly uses: Promise<MountUses> };
  /** One that is asked for and has not begun. */
  next?: Promise<MountUses>;
}

/**
 * Callers share a look that began recently enough for them, or the next one to begin; looks never run side by side.
 * One that failed is shared by those who waited for it, and by nobody after.
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
