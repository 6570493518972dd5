import { jest } from '@jest/globals';
import { mavenPrograms } from '../../lab/maven-program.ts';
import { describeWith } from '../../lab/requirements.ts';
import { cassandra } from '../../lab/workloads/cassandra.ts';
import { search } from '../../lab/workloads/search.ts';
import { realEbsHosts } from '../ebs/use-hosts.ts';
import { realGlusterHosts } from '../glusterfs/use-hosts.ts';
import { realEngine } from '../use-machine.ts';
import { testOnEc2, testOnGlusterfs, testOnLocalVolumes } from './on-hosts.ts';

// Several programs of Java one after the other, on a busy machine.
jest.setTimeout(900_000);

function needs<N extends { readonly programs: readonly string[] }>(hosts: N) {
  return { ...hosts, programs: [...hosts.programs, ...mavenPrograms] };
}

describeWith(needs(realEngine), 'on local volumes after a reboot', () =>
  testOnLocalVolumes([search, cassandra]),
);

// Cassandra is not made for shares: docs/workloads.md.
describeWith(needs(realGlusterHosts), 'on hosts of one GlusterFS cluster', () => testOnGlusterfs([search]));

describeWith(needs(realEbsHosts), 'on EC2', () => testOnEc2([search, cassandra]));
