import { readdirSync, statSync } from 'node:fs';
import { parseDriverName } from '../core/names.ts';

/** Where Docker looks for plugins. */
export interface Places {
  readonly sockets: string;
  /** Folders of `NAME.spec` and `NAME.json`. */
  readonly specs: readonly string[];
  /** The engine's configuration, which may name another folder than the usual for its data. */
  readonly engineConfig: string;
  /** The engine's data, with the managed plugins it has installed. */
  readonly engineData: string;
  readonly mountTable: string;
}

/** `sockets` is another folder of sockets, as the daemon's `HOLDFAST_SOCKET_DIR`. */
export function usualPlaces(sockets?: string): Places {
  return {
    sockets: sockets || '/run/docker/plugins',
    specs: ['/etc/docker/plugins', '/usr/lib/docker/plugins'],
    engineConfig: '/etc/docker/daemon.json',
    engineData: '/var/lib/docker',
    mountTable: '/proc/self/mountinfo',
  };
}

export type Address =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'tls'; readonly host: string; readonly port: number; readonly files: TlsFiles };

export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure: boolean;
}

/** A plugin that Docker would talk to under the name asked for. */
export interface Plugin {
  readonly address: Address;
  /** For messages. */
  readonly where: string;
  /** A path of the plugin's, as this host has it: a managed plugin lives below a root of its own. */
  hostPath(path: string): string;
}

/** The folder of a managed plugin's socket is its ID. */
const managedId = /^[0-9a-f]{64}$/;
/** Such as `vieux/sshfs:latest`: only a managed plugin can be called so. */
const managedName = /^\w[\w.-]*(?:\/[\w.-]+|:[\w.-]+)+$/;

/**
 * By Docker's own rules: a managed plugin of the name, then `NAME.sock`, `NAME/NAME.sock`, then `NAME.spec` and `NAME.json`.
 * Undefined while there is none. Throws `invalid` for what cannot be a name, and for a file that says nothing one could dial.
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

export function unixPlugin(path: string): Plugin {
  return { address: { kind: 'unix', path }, where: path, hostPath: (inside) => inside };
}

/** A folder that is not there has none. */
export function namesIn(folder: string): readonly string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(folder);
}

function isSocket(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;
}
