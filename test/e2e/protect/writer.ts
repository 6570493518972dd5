import { readdirSync } from 'node:fs';
import { expect } from '@jest/globals';
import type { DatabaseKind } from '../../lab/databases/database.ts';
import { createLedger, type Ledger, readLedger, writeLedger } from '../../lab/databases/ledger.ts';

/** A database that clients write to all the time. */
export interface Writer {
  readonly ledger: Ledger;
  /** Ends the clients, then the server. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** Makes the database if the folder, which belongs to its user, is empty. */
export async function startWriter(kind: DatabaseKind, folder: string): Promise<Writer> {
  const isNew = readdirSync(folder).length === 0;
  if (isNew) await kind.create(folder);
  const database = await kind.start(folder);
  try {
    if (isNew) await createLedger(database);
    await database.busy();
  } catch (error) {
    await database.kill();
    throw error;
  }
  const ledger = writeLedger(database);
  return {
    ledger,
    async stop() {
      await ledger.end();
      await database.stop();
    },
    kill: () => database.kill(),
  };
}

/** Starts the database on what is in the folder, runs its own check, and returns how many rows of each client are there. */
export async function readChecked(kind: DatabaseKind, folder: string): Promise<readonly number[]> {
  const database = await kind.start(folder);
  try {
    await database.check();
    const rows = await readLedger(database);
    await database.stop();
    return rows;
  } catch (error) {
    await database.kill();
    throw error;
  }
}

/** How many rows of each client were acknowledged before and after an act. */
export interface Window {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

export async function windowOf({ ledger }: Writer, act: () => Promise<unknown>): Promise<Window> {
  const before = ledger.acknowledged();
  await act();
  return { before, after: ledger.acknowledged() };
}

/** The state is one of the act's time: no acknowledged row is missing, and none of later is there. */
export function expectWithin(rows: readonly number[], { before, after }: Window): void {
  for (const [client, count] of rows.entries()) {
    expect(count).toBeGreaterThanOrEqual(before[client] ?? 0);
    // The last one may have been written and not acknowledged yet.
    expect(count).toBeLessThanOrEqual((after[client] ?? 0) + 1);
  }
}
