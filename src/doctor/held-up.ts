import { driverNames, type Patient } from './check.ts';

/** Milliseconds. */
const patience = 2_000;
/** Seconds for which an engine retries an absent driver, for each of its volumes (Docker 20.10, measured). */
const perVolume = 15;

/**
 * The delay without our drivers for each engine that knows volumes of them: " Docker knows 13 volumes …".
 * Empty if there is no such engine, or none could be asked.
 */
export async function heldUp({
  ask,
  configuration,
  engines,
}: Pick<Patient, 'ask' | 'configuration' | 'engines'>): Promise<string> {
  const drivers = driverNames(configuration);
  const each = await Promise.all(
    engines.map(async ({ name, socket }) => {
      const known = (await ask('volumes', socket, {}, patience).catch(() => undefined)) ?? [];
      const count = known.filter(({ driver }) => drivers.some((own) => own === driver)).length;
      if (count === 0) return '';
      const volumes = count === 1 ? '1 volume' : `${count} volumes`;
      return ` ${name} knows ${volumes} of ours: without the daemon, its next start takes up to ${perVolume} s longer for each, ${count * perVolume} s in all, and containers that use them do not start.`;
    }),
  );
  return each.join('');
}
