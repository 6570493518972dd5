import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import type { Patience } from '../../src/dvdcli/driver-client.ts';
import type { Places } from '../../src/dvdcli/plugin.ts';
import { type Ended, runDvdcli } from '../../src/dvdcli/run.ts';

/** Short, because tests often wait for the timeout. */
const hasty: Patience = { all: 2_000, quick: 1_000, absent: 300, again: 20 };

/** A folder for each test, with all places in which plugins are looked for. */
export interface Bench {
  readonly folder: string;
  readonly places: Places;
  run(words: readonly string[], patience?: Partial<Patience>): Promise<Ended>;
  /** Closes it after the test. */
  closing<T extends { close(): Promise<void> }>(opened: T): T;
}

export function useBench(): () => Bench {
  let folder = '';
  let closers: { close(): Promise<void> }[] = [];
  beforeEach(() => {
    // Short: a socket's path has at most 107 bytes, and Node 20 cut a longer one off where later ones refuse it.
    folder = mkdtempSync(join(tmpdir(), 'dvd-'));
    closers = [];
    writeFileSync(`${folder}/mountinfo`, '');
  });
  afterEach(async () => {
    for (const opened of closers.reverse()) await opened.close();
    rmSync(folder, { recursive: true });
  });
  return () => ({
    folder,
    places: placesIn(folder),
    run: (words, patience) =>
      runDvdcli(words, { places: placesIn(folder), patience: { ...hasty, ...patience } }),
    closing(opened) {
      closers.push(opened);
      return opened;
    },
  });
}

function placesIn(folder: string): Places {
  return {
    sockets: `${folder}/plugins`,
    specs: [`${folder}/etc`, `${folder}/usr`],
    engineConfig: `${folder}/daemon.json`,
    engineData: `${folder}/docker`,
    mountTable: `${folder}/mountinfo`,
  };
}
