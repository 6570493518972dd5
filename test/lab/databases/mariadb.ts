import { join } from 'node:path';
import type { Database, DatabaseKind } from './database.ts';
import { ready } from './postgresql.ts';
import { dataFolder, openClient, runAsUser, startServer } from './processes.ts';

/** Debian's packages mariadb-server-core and mariadb-client-core have it. */
export const mariadb: DatabaseKind = {
  name: 'MariaDB',
  async create(folder) {
    const flags = ['--no-defaults', '--auth-root-authentication-method=normal', '--skip-test-db'];
    await runAsUser('mariadb-install-db', [...flags, `--datadir=${dataFolder}`], folder);
  },
  async start(folder) {
    const server = startServer(folder, 'mariadbd', (sockets) => [
      ...['--no-defaults', `--datadir=${dataFolder}`, `--socket=${socketIn(sockets)}`, '--skip-networking'],
      ...[`--pid-file=${join(sockets, 'pid')}`, '--innodb-log-file-size=8M', '--innodb-buffer-pool-size=16M'],
    ]);
    const reach = ['--no-defaults', `--socket=${socketIn(server.socketFolder)}`, '--user=root'];
    const database: Database = {
      client: () =>
        openClient('mariadb', [...reach, '--batch', '--skip-column-names', '--unbuffered', 'mysql']),
      async check() {
        const said = await runAsUser('mariadb-check', [...reach, '--all-databases', '--check', '--extended']);
        const faulty = said.split('\n').filter((line) => line !== '' && !line.endsWith(' OK'));
        if (faulty.length > 0) throw new Error(`mariadb-check: ${faulty.join('\n')}`);
      },
      busy: async () => undefined,
      stop: () => server.end('SIGTERM'),
      kill: () => server.end('SIGKILL'),
    };
    await ready(database, server.child, server.log);
    return database;
  },
};

function socketIn(folder: string): string {
  return join(folder, 'sql');
}
