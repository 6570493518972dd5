import { afterAll, beforeAll } from '@jest/globals';
import { type Cluster, type ClusterSettings, createCluster } from './gluster-cluster.ts';

/** One cluster for the tests of a suite; the test process reaches it. */
export function useCluster(settings?: ClusterSettings): () => Cluster {
  let cluster: Cluster | undefined;
  beforeAll(async () => {
    cluster = await createCluster(settings);
    await cluster.reachFromHere();
  }, 60_000);
  afterAll(() => cluster?.close(), 60_000);
  return () => {
    if (!cluster) throw new Error('The cluster did not start: see the error of the first test.');
    return cluster;
  };
}
