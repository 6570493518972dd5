import { ledgerSchema, transaction } from '../databases/ledger.ts';
import { postgresqlFolder } from '../databases/postgresql.ts';
import { numbers, type Workload } from './workload.ts';

/** One client of the ledger. */
const writer = 1;
const requests = (rows: number) =>
  [ledgerSchema, ...numbers(rows).map((row) => transaction(writer, row))].join('\n');

/** The rows, unless a transaction is there in part: its row without its two movements of money, or these without it. */
const rows = [
  `SELECT n FROM kept WHERE writer = ${writer}`,
  '(SELECT coalesce(sum(n), 0) FROM kept) = (SELECT balance FROM accounts WHERE id = 1)',
  '(SELECT coalesce(sum(n), 0) FROM kept) = (SELECT -balance FROM accounts WHERE id = -1) ORDER BY n;',
].join(' AND ');

const psql = `${postgresqlFolder}/psql -h /run -U holdfast -d postgres -qAtX -v ON_ERROR_STOP=1`;

/** Copies of it would be two thirds of the files, which a user-mode kernel handles slowly. */
const withoutTemplates = [
  'UPDATE pg_database SET datistemplate = false;',
  'DROP DATABASE template0;',
  'DROP DATABASE template1;',
].join('\n');

export const postgresql: Workload = {
  name: 'postgresql',
  create: [
    `${postgresqlFolder}/initdb --data-checksums --no-locale --auth=trust --username=holdfast --no-sync --wal-segsize=1 --pgdata $DATA`,
    `echo '${withoutTemplates}' | ${postgresqlFolder}/postgres --single -D $DATA postgres > $DATA.said 2>&1`,
  ].join(' && '),
  // A small log that is switched often: more of what a recovery must get right.
  server: `${postgresqlFolder}/postgres -D /data -k /run -c listen_addresses= -c shared_buffers=16MB -c min_wal_size=2MB -c max_wal_size=8MB`,
  answers: `${postgresqlFolder}/pg_isready -q -h /run`,
  client: psql,
  requests,
  check: `${postgresqlFolder}/pg_amcheck -h /run -U holdfast --install-missing --heapallindexed --database=postgres`,
  rows: `${psql} -c '${rows}'`,
  checkAtRest: `${postgresqlFolder}/pg_checksums --check --pgdata /data`,
};

const reach = '--no-defaults --socket=/run/sql --user=root';
const sql = `mariadb ${reach} --batch --skip-column-names --unbuffered mysql`;

export const mariadb: Workload = {
  name: 'mariadb',
  // It would look for the container's name.
  create:
    'mariadb-install-db --no-defaults --force --auth-root-authentication-method=normal --skip-test-db --innodb-log-file-size=8M --datadir=$DATA',
  server:
    'mariadbd --no-defaults --datadir=/data --socket=/run/sql --skip-networking --pid-file=/run/pid --innodb-log-file-size=8M --innodb-buffer-pool-size=16M --innodb-buffer-pool-size-max=16M',
  answers: `mariadb-admin ${reach} --silent ping`,
  client: sql,
  requests,
  // Ends with 0 even for a damaged table.
  check: `mariadb-check ${reach} --all-databases --check --extended > /run/checked; grep -q ' OK$' /run/checked; ! grep -v ' OK$' /run/checked`,
  rows: `${sql} -e '${rows}'`,
};
