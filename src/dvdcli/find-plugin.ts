import { readdirSync, statSync } from 'node:fs';
import { parseDriverName } from '../core/names.ts';
import { type Places, type Plugin, unixPlugin } from './plugin.ts';

/** The folder of a managed plugin's socket is its ID. */
const managedId = /^[0-9a-f]{64}$/;
/** Such as `vieux/sshfs:latest`: only a managed plugin can have such a name. */
const managedName = /^\w[\w.-]*(?:\/[\w.-]+|:[\w.-]+)+$/;

/**
 * By Docker's own rules: a managed plugin of the name, then `NAME.sock`, `NAME/NAME.sock`, then `NAME.spec` and `NAME.json`.
 * Undefined while there is none. Throws `invalid` for an impossible name, and for a file without a usable address.
 */
export async function findPlugin(driver: string, places: Places): Promise<Plugin | undefined> {
  const isManaged = managedName.test(driver);
  if (!isManaged) parseDriverName(driver);
  const ids = namesIn(places.sockets).filter((name) => managedId.test(name));
  if (ids.length > 0) {
    const { findManagedPlugin } = await import('./managed-plugin.ts');
    const managed = findManagedPlugin(driver, ids, places);
    if (managed) return managed;
  }
  if (isManaged) return undefined;
  const socket = [`${places.sockets}/${driver}.sock`, `${places.sockets}/${driver}/${driver}.sock`].find(
    isSocket,
  );
  if (socket !== undefined) return unixPlugin(socket);
  const { findPluginSpec } = await import('./plugin-spec.ts');
  return findPluginSpec(driver, places.specs);
}

/** Whether a driver can have this name. */
export function canBeDriver(name: string): boolean {
  if (managedName.test(name)) return true;
  try {
    parseDriverName(name);
    return true;
  } catch {
    return false;
  }
}

/** An absent folder has no names. */
export function namesIn(folder: string): readonly string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(folder);
}

function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;
}
