import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../eventually.ts';
import type { Database, DatabaseKind } from './database.ts';
import { dataFolder, openClient, runAsUser, startServer } from './processes.ts';

/** The programs of Debian's package postgresql-15. */
export const postgresqlFolder = '/usr/lib/postgresql/15/bin';
const program = (name: string) => join(postgresqlFolder, name);

export const postgresql: DatabaseKind = {
  name: 'PostgreSQL',
  async create(folder) {
    const flags = ['--no-sync', '--data-checksums', '--no-locale', '--auth=trust', '--username=holdfast'];
    await runAsUser(program('initdb'), [...flags, '--pgdata', dataFolder], folder);
  },
  async start(folder) {
    // A copy has it too. Here the process that it names is alive, because all servers are in one PID namespace.
    rmSync(join(folder, 'postmaster.pid'), { force: true });
    const server = startServer(folder, program('postgres'), (sockets) => [
      ...['-D', dataFolder, '-k', sockets, '-c', 'listen_addresses=', '-c', 'log_min_messages=fatal'],
      // A small log that is switched often: more of what a recovery must get right.
      ...['-c', 'min_wal_size=32MB', '-c', 'max_wal_size=64MB', '-c', 'shared_buffers=16MB'],
    ]);
    const reach = ['-h', server.socketFolder, '-U', 'holdfast'];
    const database: Database = {
      client: () =>
        openClient(program('psql'), [...reach, '-d', 'postgres', '-qAtX', '-v', 'ON_ERROR_STOP=1']),
      async check() {
        const flags = ['--install-missing', '--heapallindexed', '--database=postgres'];
        await runAsUser(program('pg_amcheck'), [...reach, ...flags]);
      },
      async busy() {
        await runAsUser(program('pgbench'), [...reach, '-i', '-q', 'postgres']);
        // Ends with an error when the server does.
        const run = ['--client=2', '--rate=300', '--time=3600', '--no-vacuum', 'postgres'];
        runAsUser(program('pgbench'), [...reach, ...run]).catch(() => undefined);
      },
      stop: () => server.end('SIGINT'),
      kill: () => server.end('SIGQUIT'),
    };
    await ready(database, server.child, server.log);
    return database;
  },
};

/** Waits until a server answers. Kills one that does not. */
export async function ready(
  database: Database,
  child: { readonly exitCode: number | null },
  log: () => string,
): Promise<void> {
  const answers = async () => {
    const client = database.client();
    try {
      return (await client.ask('SELECT 1;')) === '1';
    } finally {
      await client.end();
    }
  };
  try {
    await eventually('the database answers', async () => child.exitCode !== null || answers());
    if (child.exitCode !== null) throw new Error(`The database ended: ${log()}`);
  } catch (error) {
    await database.kill();
    throw error;
  }
}
