const fstab = 'it is for /etc/fstab and has no meaning here';
const notOurs = 'Holdfast decides how its mounts are made';
const found = 'the kernel determines it, and it differs between hosts';

/** Options that are decided elsewhere, with the place. */
const refused: ReadonlyMap<string, string> = new Map([
  ['ro', 'write the option readOnly=true'],
  ['bg', 'it reports success before anything is mounted; Holdfast retries by itself'],
  ['retry', 'Holdfast retries by itself, within its deadline'],
  ...each(['addr', 'mountaddr', 'mounthost'], 'the server is named together with the export'),
  ['mountport', "mountd is asked where the server's rpcbind says that it is"],
  ['clientaddr', found],
  ['minorversion', 'write it as vers=4.1'],
  ['sloppy', 'it would hide misspelt options'],
  ...each(['_netdev', 'noauto', 'nofail', 'user', 'users', 'owner', 'group', 'comment'], fstab),
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
