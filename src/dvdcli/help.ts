import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const help = `dvdcli: mounts the volumes of Docker volume drivers, with or without Docker. Apache Mesos calls it.

Usage: dvdcli COMMAND --volumedriver=DRIVER --volumename=NAME [--volumeopts=KEY=VALUE]...

Commands:
  mount    mount a volume, made before if it does not exist, and print its mountpoint
  unmount  give a volume back; done also for one that is not mounted, or not known
  path     print the mountpoint of a volume, nothing while it is not mounted
  list     print the names of all volumes of a driver
  create   make a volume
  remove   remove a volume
  get      print the name of a volume, if it exists

Flags, in any order, as --flag=value or --flag value, with one dash or two:
  --volumedriver DRIVER    the driver
  --volumename NAME        the volume
  --volumeopts=KEY=VALUE   an option of a volume to make; may be repeated
  --volumeopts K=V,K=V     several at once, as a word of its own
  --explicitcreate         mount makes no volume
  --help, --version        print this, or the version

Exit codes: 0 done, 1 failed, with one line on stderr.`;

export function version(): string {
  const file = join(import.meta.dirname, '../../package.json');
  return `dvdcli ${JSON.parse(readFileSync(file, 'utf8')).version}`;
}
