import { createCluster, realGluster } from '../lab/gluster/cluster.ts';
import { fuseClients } from '../lab/gluster/fuse-clients.ts';
import { lacking, placeLabScripts } from './lab.ts';
import { benchShare } from './share.ts';
import type { Workshop } from './workshop.ts';

/** A real cluster of two servers, whose bricks lie in memory. */
export async function benchGlusterfs(workshop: Workshop): Promise<void> {
  const { folder, report } = workshop;
  const missing = lacking(realGluster);
  if (missing !== undefined) return report.line(`\nGlusterFS is skipped: it needs ${missing}.`);
  placeLabScripts();
  // Gluster's own default: a brick on a busy machine must not be taken for a dead one.
  const cluster = await createCluster({ brickSize: '1g', pingTimeout: 42 });
  try {
    const servers = await cluster.reachFromHere();
    const logs = `${cluster.folder}/log`;
    report.line('\n## GlusterFS: two servers, one volume replicated to both\n');
    await benchShare(workshop, {
      type: 'glusterfs',
      driver: { backend: 'glusterfs', settings: { servers, volume: 'gv0', logDir: logs } },
      options: `backup-volfile-servers=${servers.slice(1).join(':')},log-level=WARNING,log-file=${folder}/plain.log`,
      source: (directory) => `${servers[0]}:/gv0/${directory}`.replace(/\/$/, ''),
      clients: fuseClients,
    });
  } finally {
    await cluster.close();
  }
}
