import { join } from 'node:path';
import { field, type Json, numberField, textField, textsField } from '../../core/json.ts';
import { quote } from '../../core/names.ts';
import { asVolumeError, VolumeError } from '../../core/volume-error.ts';
import type { DataFolder, Found, Obstacle, Source } from './found.ts';
import { flockerVolumes, netshareVolumes, rexrayVolumes, type SeenHost } from './mounted.ts';
import { folderEntries, readRecord } from './read-records.ts';

export const sourceNames = [
  'docker-local',
  'local-persist',
  'convoy',
  'netshare',
  'rexray',
  'flocker',
] as const;
export type SourceName = (typeof sourceNames)[number];

export function sourcesOn(host: SeenHost): Readonly<Record<SourceName, Source>> {
  return {
    'docker-local': dockerVolumes,
    'local-persist': persisted,
    convoy: convoyVolumes,
    netshare: (folder) => netshareVolumes(host, folder),
    rexray: (folder) => rexrayVolumes(host, folder),
    flocker: (folder) => flockerVolumes(host, folder),
  };
}

/** Docker's own: a folder for each volume, with `opts.json` if it was created with options. */
async function dockerVolumes(folder: string): Promise<readonly (Found | Obstacle)[]> {
  const found: (Found | Obstacle)[] = [];
  for (const { name, kind } of await folderEntries(folder)) {
    if (kind === 'link') found.push({ name, obstacle: 'It is a symbolic link, which Docker does not make.' });
    if (kind === 'folder')
      found.push(
        await orObstacle(name, async () =>
          dockerVolume(folder, name, await readRecord(join(folder, name, 'opts.json'))),
        ),
      );
  }
  return found;
}

function dockerVolume(folder: string, name: string, record: Json): Found | Obstacle {
  const written = { type: 'MountType', o: 'MountOpts', device: 'MountDevice' };
  // Docker writes `null` for no options. What is of another form might have a device.
  const odd = [undefined, null].every((none) => record !== none) && !isMap(record);
  if (
    odd ||
    Object.values(written).some((key) => !['string', 'undefined'].includes(typeof field(record, key)))
  )
    return { name, obstacle: `Its record ${quote(join(folder, name, 'opts.json'))} is not one of Docker.` };
  const options = Object.fromEntries(
    Object.entries(written)
      .map(([option, field]) => [option, textField(record, field)])
      .filter(([, value]) => value !== ''),
  );
  const { device, o = '' } = options;
  if (device !== undefined) {
    const isBind = backendOf(options) === 'local' && /(^|,)r?bind(,|$)/.test(o);
    return { name, backend: backendOf(options), options, ...(isBind ? { data: besideItself(device) } : {}) };
  }
  // A volume in a folder of ours would have no limit.
  if ((numberField(field(record, 'Quota'), 'Size') ?? 0) > 0) return { name, obstacle: limited };
  const data = {
    path: join(folder, name, '_data'),
    aside: join(`${folder}.moved-by-holdfast`, name),
    mustMove: inDockersFolder,
  };
  return { name, backend: 'local', options: {}, data };
}

const inDockersFolder =
  "Its data is in Docker's own folder, which `docker volume rm` deletes: move it with --move, or copy it, as docs/migrating.md describes.";
const limited =
  'Docker limits its size: make a volume of that size, and copy its data, as docs/migrating.md describes.';

function besideItself(path: string): DataFolder {
  // With a slash at its end, a link would be followed.
  const plain = path.replace(/\/+$/, '');
  return { path: plain, aside: `${plain}.moved-by-holdfast` };
}

function isMap(value: Json): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What no backend can mount is left to the local one, which says so. */
function backendOf({ type = '', o = '' }: Readonly<Record<string, string>>): Found['backend'] {
  if (/^nfs4?$/i.test(type) || (type === '' && /(^|,)addr=/.test(o))) return 'nfs';
  return /^(fuse\.)?glusterfs$/i.test(type) ? 'glusterfs' : 'local';
}

/** local-persist: one file with the directory of each volume. */
async function persisted(folder: string): Promise<readonly (Found | Obstacle)[]> {
  await folderEntries(folder);
  const file = join(folder, 'local-persist.json');
  const record = await readRecord(file);
  if (record === undefined) throw noRecords(`${quote(file)} does not exist`);
  if (!isMap(field(record, 'state'))) throw noRecords(`${quote(file)} has no volumes in "state"`);
  return textsField(record, 'state').map(([name, mountpoint]) => ({
    name,
    backend: 'local',
    options: { mountpoint },
    data: besideItself(mountpoint),
  }));
}

/** Convoy: a file for each volume, in a folder for each of its drivers. */
async function convoyVolumes(folder: string): Promise<readonly (Found | Obstacle)[]> {
  const found: (Found | Obstacle)[] = [];
  const entries = await folderEntries(folder);
  const folders = entries.filter(({ name, kind }) => kind === 'folder' && ['vfs', 'ebs'].includes(name));
  if (folders.length === 0) throw noRecords(`${quote(folder)} has neither a folder "vfs" nor "ebs"`);
  for (const { name: driver } of folders) {
    for (const { name: file } of await folderEntries(join(folder, driver))) {
      const [, written] = /^(?:vfs|ebs)_volume_(.+)\.json$/.exec(file) ?? [];
      if (written === undefined) continue;
      const read = async () => convoyVolume(written, await readRecord(join(folder, driver, file)));
      found.push(await orObstacle(written, read));
    }
  }
  return found;
}

/** Early versions named the files by UUID, and kept the name elsewhere. */
function convoyVolume(written: string, record: Json): Found | Obstacle {
  const name = textField(record, 'Name');
  const [path, volumeId] = [textField(record, 'Path'), textField(record, 'EBSID')];
  if (name === '')
    return {
      name: written,
      obstacle: 'Its record has no name: adopt it by hand, with the name of your choice.',
    };
  if (volumeId !== '') return { name, backend: 'ebs', options: { volumeId, rootPath: '/' } };
  if (path !== '') return { name, backend: 'local', options: { path }, data: besideItself(path) };
  return { name, obstacle: 'Its record has neither a path nor an EBS volume.' };
}

/** Not the same as no volumes. */
function noRecords(what: string): VolumeError {
  return new VolumeError('not-found', `${what}: give the folder in which that driver has its records.`);
}

/** What cannot be read is not absent: it is reported under its name. */
async function orObstacle(name: string, read: () => Promise<Found | Obstacle>): Promise<Found | Obstacle> {
  try {
    return await read();
  } catch (error) {
    return { name, obstacle: asVolumeError(error, 'Its record cannot be read').message };
  }
}
