import type { DetachedMount, Host } from '../../src/host/host.ts';

/** A host whose detached mounts can be ended, as the kernel does when their process dies. */
export function endingDetached(host: Host): { readonly host: Host; end(): Promise<void> } {
  const open = new Set<DetachedMount>();
  const mountDetached: Host['mounts']['mountDetached'] = async (image, fileSystem) => {
    const mounted = await host.mounts.mountDetached(image, fileSystem);
    if (mounted === undefined) return undefined;
    open.add(mounted);
    const close = async () => {
      open.delete(mounted);
      await mounted.close();
    };
    return { ...mounted, close };
  };
  const end = async () => void (await Promise.all([...open].map((mounted) => mounted.close())));
  return { host: { ...host, mounts: { ...host.mounts, mountDetached } }, end };
}
