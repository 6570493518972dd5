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
): Promise<string> {
  if (environment.HOLDFAST_ADMIN_SOCKET) return environment.HOLDFAST_ADMIN_SOCKET;
  const isConfigured = environment.HOLDFAST_CONFIG || existsSync(defaultFile);
  if (!isConfigured || existsSync(defaultAdminSocket)) return defaultAdminSocket;
  const loaded = await load();
  return loaded.kind === 'usable' ? loaded.configuration.adminSocket : defaultAdminSocket;
}
