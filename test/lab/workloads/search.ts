import { mavenProgram } from '../maven-program.ts';
import { filesOf, numbers, type Workload } from './workload.ts';

const version = '2.19.6';
const log4j = '2.25.4';
const transport = 'modules/transport-netty4';

const address = 'http://127.0.0.1:9200';
/** Prints the answer, and fails for an error. */
const get = (path: string) => `busybox wget -q -O - '${address}/${path}'`;
const post = (path: string, body: string) =>
  `busybox wget -q -O - --header 'Content-Type: application/json' --post-data ${body} ${address}/${path}`;

/** The node checks the index itself before it opens it. */
const template = JSON.stringify({
  index_patterns: ['kept'],
  settings: {
    number_of_replicas: 0,
    'index.max_result_window': 20_000,
    'index.shard.check_on_startup': true,
  },
});
/** Acknowledged once its log is synced. */
const write = `case "$(${post('kept/_doc/$n', `"{\\"n\\": $n}"`)})" in *'"failed":0'*) echo $n;; esac`;
/** So that rows are in the index, and others only in its log. */
const flush = `test $((n % 25)) != 0 || ${post('kept/_flush', "''")} > /dev/null`;

/** One node of OpenSearch. */
export const search: Workload = {
  name: 'search',
  files: filesOf('search'),
  programs: () =>
    mavenProgram({
      name: 'opensearch',
      artifacts: [
        `org.opensearch:opensearch:${version}`,
        `org.opensearch:opensearch-plugin-classloader:${version}`,
        `org.opensearch.plugin:transport-netty4-client:${version}`,
        `org.apache.logging.log4j:log4j-core:${log4j}`,
      ],
      apart: { [transport]: ['io.netty', 'org.opensearch.plugin'] },
      files: {
        [`${transport}/plugin-descriptor.properties`]: descriptor,
        [`${transport}/plugin-security.policy`]: policy,
      },
      folders: ['bin', 'extensions', 'plugins'],
    }),
  server:
    "java -Xms256m -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp '/programs/lib/*' -Djava.security.manager=allow -Dlog4j2.disable.jmx=true -Dopensearch.path.home=/programs -Dopensearch.path.conf=/host -Dopensearch.distribution.type=tar org.opensearch.bootstrap.OpenSearch",
  answers: `${get('_cluster/health')} > /dev/null 2> /dev/null`,
  client: `{ ${post('_template/kept', `'${template}'`)} > /dev/null; while read -r n; do ${write}; ${flush}; done; }`,
  requests: (rows) => `${numbers(rows).join('\n')}\n`,
  check: get('_cluster/health?wait_for_status=green&timeout=100s'),
  rows: `${post('kept/_refresh', "''")} > /dev/null && ${get('kept/_search?size=20000&sort=n&_source=false&filter_path=hits.hits._id')} | grep -o '"_id":"[0-9]*"' | tr -dc '0-9\\n'`,
  checkAtRest:
    "java -Xmx256m -cp '/programs/lib/*' org.apache.lucene.index.CheckIndex /data/nodes/0/indices/*/0/index",
};

const descriptor = `name=transport-netty4
description=Its server for clients
version=${version}
opensearch.version=${version}
java.version=11
classname=org.opensearch.transport.Netty4Plugin
`;
/** Its own is not in its jar, and a test needs none. */
const policy = 'grant { permission java.security.AllPermission; };\n';
