import { mavenProgram } from '../maven-program.ts';
import { filesOf, numbers, type Workload } from './workload.ts';

const java = 'java @/host/jvm.args';
const nodetool = `${java} org.apache.cassandra.tools.NodeTool -h 127.0.0.1 -p 7199`;
const rows = `${java} /host/Rows.java`;

/** One node of Cassandra. Its log is configured by options of `java`, as in the example. */
export const cassandra: Workload = {
  name: 'cassandra',
  files: filesOf('cassandra'),
  programs: () =>
    mavenProgram({ name: 'cassandra', artifacts: ['org.apache.cassandra:cassandra-all:5.0.5'] }),
  server: `${java} -Dcassandra.jmx.local.port=7199 -Dcassandra-foreground=yes org.apache.cassandra.service.CassandraDaemon`,
  answers: 'busybox nc 127.0.0.1 9042 -e true 2> /dev/null',
  client: `${rows} write`,
  requests: (count) => numbers(count).join('\n'),
  // Verified are the tables, so first it makes one of what was only in its log.
  check: `${nodetool} status | grep '^UN ' && ${nodetool} flush && ${nodetool} verify --force --extended-verify workload kept`,
  rows: `${rows} print`,
  checkAtRest: `${java} org.apache.cassandra.tools.StandaloneVerifier --force --extended workload kept`,
};
