/**
 * The config.json of the variant for Swarm's cluster volumes, made of the usual one. The engine speaks the CSI with it, and hands on
 * what is mounted below the path at which Swarm publishes volumes, which is fixed. `clusterPlaces` of src/config has the same paths.
 */
export function clusterConfig(config) {
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
