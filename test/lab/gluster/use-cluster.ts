import { afterAll, beforeAll } from '@jest/globals';
import { type Cluster, type ClusterSettings, createCluster } from './cluster.ts';

/** One cluster for the tests of a suite; the test process reaches it. */
export function useCluster(settings?: ClusterSettings): () => Cluster {
  let cluster: Cluster | undefined;
  beforeAll(async () => {
    cluster = await createCluster(settings);
    await cluster.reachFromHere();
  });
  afterAll(() => cluster?.close());
  return () => {
    if (!cluster) throw new Error('The cluster did not start: see the error of the first test.');
    return cluster;
  };
}
