import { type Json, listField, textField } from '../../core/json.ts';
import { parseVolumeName } from '../../core/names.ts';
import type { AdminClient } from '../admin-client.ts';
import { storageDrivers } from '../volume/choose-driver.ts';
import { removedPath } from '../volume/paths.ts';

/**
 * Names that the daemon has, sorted. A name that breaks the rule for names is left out, so that a shell never gets more than a
 * plain word.
 */
export async function namesFor(
  kind: 'drivers' | 'volumes' | 'removed',
  client: AdminClient,
  driver: string | undefined,
): Promise<readonly string[]> {
  const found = (await listed(kind, client, driver)).map((item) => textField(item, 'name'));
  return [...new Set(found)].filter(isName).sort();
}

async function listed(
  kind: 'drivers' | 'volumes' | 'removed',
  client: AdminClient,
  driver: string | undefined,
): Promise<readonly Json[]> {
  if (kind === 'drivers') return listField(await client.ask('GET', '/v1/drivers'), 'drivers');
  if (kind === 'volumes') {
    const query = driver === undefined ? '' : `?driver=${encodeURIComponent(driver)}`;
    return listField(await client.ask('GET', `/v1/volumes${query}`), 'volumes');
  }
  const drivers = driver === undefined ? await storageDrivers(client) : [driver];
  const answers = drivers.map(async (each) =>
    listField(await client.ask('GET', removedPath(each)), 'removed'),
  );
  return (await Promise.all(answers)).flat();
}

/** The rule for the names of drivers is the same. */
function isName(text: string): boolean {
  try {
    parseVolumeName(text);
    return true;
  } catch {
    return false;
  }
}
