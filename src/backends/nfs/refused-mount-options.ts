const fstab = 'it is for /etc/fstab and means nothing here';
const notOurs = 'Holdfast decides how its mounts are made';
const found = 'the kernel finds it out, and it differs from host to host';

/** What is decided elsewhere, and where. */
const refused: ReadonlyMap<string, string> = new Map([
  ['ro', 'write the option readOnly=true'],
  ['rw', 'a volume is read-write unless it has the option readOnly=true'],
  ['bg', 'it reports success before anything is mounted; Holdfast repeats by itself'],
  ['retry', 'Holdfast repeats by itself and ends in time'],
  ['addr', 'the server is named where the export is'],
  ['mountaddr', 'the server is named where the export is'],
  ['clientaddr', found],
  ['minorversion', 'write it as vers=4.1'],
  ['sloppy', 'it would hide misspelt options'],
  ...each(
    ['_netdev', 'auto', 'noauto', 'nofail', 'user', 'users', 'nouser', 'owner', 'group', 'comment'],
    fstab,
  ),
  ...each(['bind', 'rbind', 'move', 'remount', 'loop', 'offset', 'sizelimit', 'mand', 'silent'], notOurs),
  ...each(['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'], notOurs),
  ...each(['unbindable', 'runbindable'], notOurs),
]);

/** Why an option of mount(8) cannot be given; undefined for all others. */
export function whyRefused(name: string): string | undefined {
  return name.startsWith('x-') ? fstab : refused.get(name);
}

function each(names: readonly string[], why: string): readonly (readonly [string, string])[] {
  return names.map((name) => [name, why]);
}
