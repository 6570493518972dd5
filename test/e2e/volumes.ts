import type { Machine } from '../lab/machine.ts';

/** `docker volume create` of the driver under test, with options as for `-o`. */
export function createVolume(
  { docker }: Pick<Machine, 'docker'>,
  name: string,
  ...options: readonly string[]
): Promise<string> {
  return docker(
    'volume',
    'create',
    '--driver=holdfast',
    ...options.flatMap((option) => ['-o', option]),
    name,
  );
}

/** Waits until nothing is mounted at the volume's mountpoint. */
export async function isReleased(machine: Machine, volume: string): Promise<void> {
  const free = async () => !(await machine.isMounted(volume));
  await machine.eventually(`the volume ${volume} is released`, free);
}

/** How often each call of the plugin protocol came for a volume, without read-only calls. */
export async function callsFor(
  { holdfast }: Machine,
  volume: string,
): Promise<Readonly<Record<string, number>>> {
  const calls = (await holdfast.calls()).filter((call) => call.volume === volume);
  const counts: Record<string, number> = {};
  for (const { method } of calls) {
    const verb = method.replace('VolumeDriver.', '');
    if (verb !== 'Get') counts[verb] = (counts[verb] ?? 0) + 1;
  }
  return counts;
}
