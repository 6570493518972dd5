import { numbers, type Workload } from './workload.ts';

const client = 'redis-cli -s /run/redis';

export const redis: Workload = {
  name: 'redis',
  // Acknowledges a write once it is synced.
  server:
    "redis-server --port 0 --unixsocket /run/redis --dir /data --appendonly yes --appendfsync always --save ''",
  answers: `${client} ping`,
  // Answers with the new length of the list.
  client,
  requests: (rows) =>
    numbers(rows)
      .map((row) => `RPUSH kept ${row}`)
      .join('\n'),
  check: `test "$(${client} exists kept)" = 1`,
  rows: `${client} lrange kept 0 -1`,
  // A last command that was cut off and not acknowledged is dropped by the start before.
  checkAtRest: 'cd /data/appendonlydir && redis-check-aof appendonly.aof.manifest',
};
