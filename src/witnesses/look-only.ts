import { readFile } from 'node:fs/promises';

/** Gives commands read-only access to what the daemon saw. Unreadable counts as absent. */
export function lookOnly(path: string) {
  return {
    async read(): Promise<string | undefined> {
      return readFile(path, 'utf8').catch(() => undefined);
    },
    write: async () => undefined,
  };
}
