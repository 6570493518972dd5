import type { Database, SqlClient } from './database.ts';

const writers = [1, 2, 3];
/** So that the pages and the log of the database grow quickly. */
const payload = 'x'.repeat(400);

/** Rows that several clients write, each in a transaction, and each after the answer to the one before. */
export interface Ledger {
  /** How many rows of each client the database has acknowledged. */
  acknowledged(): readonly number[];
  /** Resolves once each client has this many more rows acknowledged. Rejects if one of them fails. */
  more(rows: number): Promise<void>;
  /** Ends the writing. Throws the error of a client that failed. */
  end(): Promise<void>;
}

export const ledgerSchema =
  'CREATE TABLE kept (writer int, n int, payload text, PRIMARY KEY (writer, n)); ' +
  'CREATE TABLE accounts (id int PRIMARY KEY, balance int); ' +
  `INSERT INTO accounts VALUES ${writers.map((writer) => `(${writer}, 0), (${-writer}, 0)`).join()};`;

export async function createLedger(database: Database): Promise<void> {
  const client = database.client();
  await client.ask(`${ledgerSchema} SELECT 1;`);
  await client.end();
}

export function writeLedger(database: Database): Ledger {
  const written = writers.map(() => 0);
  let isEnding = false;
  async function write(client: SqlClient, place: number): Promise<void> {
    const writer = writers[place] ?? 0;
    for (let n = 1; !isEnding; n += 1) {
      await client.ask(transaction(writer, n));
      written[place] = n;
    }
    await client.end();
  }
  const all = Promise.all(writers.map((_, place) => write(database.client(), place)));
  all.catch(() => undefined);
  return {
    acknowledged: () => [...written],
    async more(rows) {
      const wanted = written.map((now) => now + rows);
      const isDone = () => written.every((now, place) => now >= (wanted[place] ?? 0));
      while (!isDone()) await Promise.race([all, new Promise((resolve) => setTimeout(resolve, 10))]);
    },
    async end() {
      isEnding = true;
      await all;
    },
  };
}

/** In one line, which prints `n` once it is committed. */
export function transaction(writer: number, n: number): string {
  const moves = [writer, -writer].map(
    (id) => `UPDATE accounts SET balance = balance + ${Math.sign(id) * n} WHERE id = ${id};`,
  );
  return `BEGIN; INSERT INTO kept VALUES (${writer}, ${n}, '${payload}'); ${moves.join(' ')} COMMIT; SELECT ${n};`;
}

/**
 * How many rows of each client the database has. Throws unless they are the first ones without a gap, and each transaction is there
 * as a whole or not at all.
 */
export async function readLedger(database: Database): Promise<readonly number[]> {
  const client = database.client();
  try {
    const rows: number[] = [];
    for (const writer of writers) rows.push(await rowsOf(client, writer));
    return rows;
  } finally {
    await client.end();
  }
}

async function rowsOf(client: SqlClient, writer: number): Promise<number> {
  const ask = async (sql: string) => Number(await client.ask(sql));
  const count = await ask(`SELECT count(*) FROM kept WHERE writer = ${writer};`);
  const last = await ask(`SELECT coalesce(max(n), 0) FROM kept WHERE writer = ${writer};`);
  const sums = [writer, -writer].map(
    (id) => `SELECT ${Math.sign(id)} * balance FROM accounts WHERE id = ${id};`,
  );
  const balances = [await ask(sums[0] ?? ''), await ask(sums[1] ?? '')];
  const expected = (last * (last + 1)) / 2;
  if (count !== last || balances.some((balance) => balance !== expected))
    throw new Error(`Writer ${writer}: ${count} rows up to ${last}, with balances ${balances.join(' and ')}`);
  return last;
}
