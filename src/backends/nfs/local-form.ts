import { quote } from '../../core/names.ts';
import { VolumeError } from '../../core/volume-error.ts';
import { bracketed } from '../shared/network-share/server/name.ts';
import { shareForm } from '../shared/network-share/share-form.ts';
import type { ReadLocalForm } from '../shared/options/local-form.ts';

/** An export in the form of Docker's `local` driver: `type=nfs`, `o=addr=nfs.example,nfsvers=4.1,soft` and `device=:/srv/volumes`. */
export const readNfsForm: ReadLocalForm = (form, isOption) => {
  const addr = form.rest.find(({ name }) => name.toLowerCase() === 'addr')?.value;
  const rest = form.rest.filter(({ name }) => name.toLowerCase() !== 'addr');
  const device = form.device === undefined ? undefined : shareOf(form.device, addr);
  // The kernel takes it as any version 4, regardless of the driver's settings.
  const words =
    form.type === 'nfs4' && !rest.some(({ name }) => /^(nfs)?vers$/i.test(name)) ? ['vers=4'] : [];
  return shareForm({ ...form, rest, device }, isOption, ['nfs', 'nfs4'], words);
};

function shareOf(device: string, addr: string | undefined): string {
  if (addr === undefined) return device;
  const [, server = '', path] = /^(\[[^\]]*\]|[^:/]*):(\/.*)$/s.exec(device) ?? [];
  if (path === undefined) return device;
  if (server === '' || server === addr || server === bracketed(addr)) return `${bracketed(addr)}:${path}`;
  throw new VolumeError(
    'invalid',
    `device ${quote(device)} names another server than addr=${addr}, which the kernel uses: write device=:${path}, or leave addr out.`,
  );
}
