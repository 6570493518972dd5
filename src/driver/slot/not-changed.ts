import { listed } from '../../core/listed.ts';
import type { DriverName } from '../../core/names.ts';
import { asVolumeError, VolumeError } from '../../core/volume-error.ts';

/** Why a driver keeps its previous configuration after a reload. */
export function stillMounted(name: DriverName, changes: string, volumes: readonly string[]): VolumeError {
  return new VolumeError(
    'in-use',
    `Driver ${name} continues as it was: ${changes}, and ${volumeWords(volumes)} mounted on this host. Stop their containers, then reload again.`,
  );
}

/** "its volumes a and b are": the first of them. */
export function volumeWords(volumes: readonly string[]): string {
  const [first = ''] = volumes;
  if (volumes.length === 1) return `its volume ${first} is`;
  const named = volumes.length > 5 ? [...volumes.slice(0, 5), `${volumes.length - 5} more`] : volumes;
  return `its volumes ${listed(named)} are`;
}

export function busy(name: DriverName, cause: unknown): VolumeError {
  const { message } = asVolumeError(cause, 'It is busy');
  return new VolumeError(
    'unavailable',
    `Driver ${name} continues as it was: ${message} Reload again later.`,
    { cause },
  );
}

export function notReplaced(name: DriverName, cause: unknown): VolumeError {
  const { message } = asVolumeError(cause, 'The start failed');
  return new VolumeError(
    'failed',
    `Driver ${name} continues as it was, because it could not be started with its changed configuration (${message}): fix that, then reload again.`,
    { cause },
  );
}
