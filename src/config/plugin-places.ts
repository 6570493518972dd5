/** Where a managed plugin has what plugin-config/config.json gives it; a test compares the two. */
export const pluginPlaces = {
  /** The propagatedMount: the engine hands on what is mounted below, and nothing else. */
  mountRoot: '/mnt/holdfast',
  /** A directory of the host, so that an upgrade of the plugin loses nothing. */
  data: '/var/lib/holdfast',
  socketDir: '/run/docker/plugins',
  /** The engine calls this one, whatever the driver is named. */
  socket: '/run/docker/plugins/holdfast.sock',
} as const;

/** The same of the variant for Swarm's cluster volumes (scripts/cluster-config.mjs). */
export const clusterPlaces = {
  /** The engine asks at this one. */
  endpoint: `unix://${pluginPlaces.socketDir}/holdfast-csi.sock`,
  /** The propagatedMount: Swarm's agent publishes each volume below it, and the path is the same for all plugins. */
  published: '/data/published',
  /** The plugin protocol's socket, which no engine asks here. */
  socketDir: '/run/holdfast',
} as const;

/** Several plugins on one host have one each, so that none of them finds another's volumes. */
export function pluginHome(driver: string): string {
  // An invalid name is refused elsewhere; until then it must not form a path.
  return `${pluginPlaces.data}/plugins/${driver.replace(/^\.|[^\w.-]/g, '_')}`;
}
