/** Variants of the managed plugin by the flag of `npm run plugin`: each makes its config.json from the usual one. */
export const variants = { cluster: forClusterVolumes, 'without-devices': withoutDevices };

/**
 * For cluster volumes of a Swarm. The engine speaks the CSI with it, and hands on what is mounted below the path at which Swarm
 * publishes volumes, which is fixed. `clusterPlaces` of src/config has the same paths.
 */
function forClusterVolumes(config) {
  return {
    ...config,
    description: `${config.description}; for cluster volumes of a Swarm`,
    documentation: 'docs/orchestrators/swarm.md',
    interface: { types: ['docker.csicontroller/1.0', 'docker.csinode/1.0'], socket: 'holdfast-csi.sock' },
    propagatedMount: '/data/published',
    env: config.env.map((setting) =>
      setting.name === 'HOLDFAST_MANAGED_PLUGIN' ? { ...setting, value: 'cluster' } : setting,
    ),
  };
}

/** With fewer permissions. Directories need no device of the host: images with a size, FUSE and EBS do. */
function withoutDevices(config) {
  return {
    ...config,
    description: `${config.description}; without devices`,
    linux: { ...config.linux, allowAllDevices: false },
    mounts: config.mounts.filter(({ name }) => name !== 'dev'),
  };
}
