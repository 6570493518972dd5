import type { AppendLog, Files, Host } from './host.ts';

/** The same host, whose files are only looked at: what would be written, moved or removed is left as it is. */
export function lookingHost(host: Host): Host {
  return { ...host, files: { ...host.files, ...idleFiles } };
}

const idleLog: AppendLog = { append: async () => undefined, close: async () => undefined };

const idleFiles: Partial<Files> = {
  makeDirectory: async () => undefined,
  rename: async () => undefined,
  writeText: async () => false,
  removeFile: async () => undefined,
  openLog: async () => idleLog,
};
