import { existsSync } from 'node:fs';
import { defaultAdminSocket, defaultFile } from './default-paths.ts';
import type { LoadedConfiguration } from './load-configuration.ts';

/**
 * The socket that the daemon most likely answers on, found without reading the configuration where that can be spared:
 * the environment's, the usual one if it is there, else the configured one.
 */
export async function findAdminSocket(
  environment: Readonly<Record<string, string>>,
  load: () => Promise<LoadedConfiguration>,
  usual: { readonly file: string; readonly socket: string } = {
    file: defaultFile,
    socket: defaultAdminSocket,
  },
): Promise<string> {
  if (environment.HOLDFAST_ADMIN_SOCKET) return environment.HOLDFAST_ADMIN_SOCKET;
  const isConfigured = environment.HOLDFAST_CONFIG || existsSync(usual.file);
  if (!isConfigured || existsSync(usual.socket)) return usual.socket;
  const loaded = await load();
  return loaded.kind === 'usable' ? loaded.configuration.adminSocket : usual.socket;
}
