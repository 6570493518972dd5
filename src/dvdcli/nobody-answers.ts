import { nearest } from '../core/nearest.ts';
import { VolumeError } from '../core/volume-error.ts';
import { namesIn } from './find-plugin.ts';
import type { Places, Plugin } from './plugin.ts';

interface Absence {
  readonly driver: string;
  readonly places: Places;
  /** Undefined: nothing of that name was found. */
  readonly plugin: Plugin | undefined;
  readonly code: string;
  /** Milliseconds. */
  readonly waited: number;
}

/** The error for a driver that nobody serves. It names the drivers that exist. */
export function nobodyAnswers({ driver, places, plugin, code, waited }: Absence): VolumeError {
  const seconds = `within ${Math.max(1, Math.round(waited / 1000))} s`;
  if (plugin !== undefined) {
    const what = code === 'closed' ? 'closed the connection without an answer' : 'did not answer';
    const message = `Driver ${driver}: ${plugin.where} ${what} ${seconds} (${code}): is its daemon running?`;
    return new VolumeError('unavailable', message);
  }
  const drivers = driversIn(places);
  const near = nearest(driver, drivers);
  const others = drivers.length === 0 ? 'there is no other driver' : `the drivers are ${listed(drivers)}`;
  const hint = near === undefined ? 'start its daemon.' : `did you mean ${near}?`;
  const message = `Driver ${driver} did not appear in ${places.sockets} ${seconds}; ${others}; ${hint}`;
  return new VolumeError('unavailable', message);
}

/** At most ten, so that it stays one line. */
function listed(drivers: readonly string[]): string {
  const more = drivers.length - 10;
  return drivers.slice(0, 10).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function driversIn({ sockets, specs }: Places): readonly string[] {
  const named = (folder: string, pattern: RegExp) =>
    namesIn(folder).flatMap((name) => pattern.exec(name)?.[1] ?? []);
  const found = [
    ...named(sockets, /^(.+)\.sock$/),
    ...namesIn(sockets).filter((name) => namesIn(`${sockets}/${name}`).includes(`${name}.sock`)),
    ...specs.flatMap((folder) => named(folder, /^(.+)\.(?:spec|json)$/)),
  ];
  return [...new Set(found)].sort();
}
