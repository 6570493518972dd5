import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { field, textField } from '../core/json.ts';
import type { Places, Plugin } from './plugin.ts';

/**
 * A plugin that `docker plugin install` made. The engine's file about it is read, and the engine is not asked: it may hang, or
 * wait for this plugin.
 */
export function findManagedPlugin(
  driver: string,
  ids: readonly string[],
  places: Places,
): Plugin | undefined {
  const data = textField(readJson(places.engineConfig), 'data-root') || places.engineData;
  const wanted = /:[^/]+$/.test(driver) ? driver : `${driver}:latest`;
  for (const id of ids) {
    const home = join(data, 'plugins', id);
    const plugin = field(readJson(join(home, 'config.json')), 'plugin');
    if (textField(plugin, 'Name') !== wanted || field(plugin, 'Enabled') !== true) continue;
    const config = field(plugin, 'Config');
    const path = join(places.sockets, id, textField(field(config, 'Interface'), 'Socket'));
    const propagated = textField(config, 'PropagatedMount');
    return {
      address: { kind: 'unix', path },
      where: path,
      hostPath: (inside) => onHost(home, propagated, inside),
    };
  }
  return undefined;
}

/** By plain comparison of the prefix, as the engine does. */
function onHost(home: string, propagated: string, inside: string): string {
  if (propagated === '' || !inside.startsWith(propagated)) return join(home, 'rootfs', inside);
  return join(home, 'propagated-mount', inside.slice(propagated.length));
}

/** Undefined for a file that cannot be read: it may be half written. */
function readJson(file: string): unknown {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
