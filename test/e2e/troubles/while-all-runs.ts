import { busybox } from '../../lab/images.ts';
import type { Troubles } from './stage.ts';

export const plugins = '/run/docker/plugins';
/** A container's image, and what it needs on a host without a network. */
export const container = `--network none ${busybox}`;

/** While the daemon and Docker run. */
export const whileAllRuns: Troubles = {
  'a daemon that is older than the command': {
    stage: `cd $F/app; cp package.json new.json; sed -i 's/"version": ".*"/"version": "0.0.1"/' package.json
      systemctl restart holdfast.service; mv new.json package.json`,
    check: 'daemon',
    evidence: /is version 0\.0\.1, this command/,
  },
  'a unit that is not before Docker': {
    stage: "sed -i '/^Before=/d' /etc/systemd/system/holdfast.service; systemctl daemon-reload",
    check: 'boot',
    evidence: /not ordered before docker\.service/,
  },
  'a socket that others may write to': {
    stage: `chmod 0666 ${plugins}/gold.sock`,
    check: 'sockets',
    evidence: /has mode 0666 and owner 0/,
  },
  'a runtime directory that others may enter': {
    stage: 'chmod 0755 /run/holdfast',
    check: 'directories',
    evidence: /^\/run\/holdfast has mode 0755/,
  },
  'a helper that is not installed': {
    stage: 'mv /usr/sbin/mkfs.ext4 /usr/sbin/aside',
    check: 'helpers',
    evidence: /^The program mkfs\.ext4 is not installed/,
    asked: [['volume create sized --driver gold --option size=64MiB', /mkfs\.ext4/]],
  },
  'a mount root that is private': {
    stage: 'mount --make-private $F/mounts',
    check: 'mount-root',
    evidence: /is a private mount/,
  },
  'a holder whose mount is lost': {
    stage:
      'holdfast volume create lost --driver gold; holdfast volume mount lost; umount $F/mounts/gold/lost',
    check: 'mounts',
    evidence: /it is held, but not mounted/,
    asked: [
      ['volume rm lost', /lost/],
      ['why lost', /^Volume lost exists in driver gold/],
    ],
    after: 'holdfast volume unmount lost; holdfast volume rm lost',
  },
  'a mount without a holder': {
    stage: `holdfast volume create leak --driver gold; mkdir $F/mounts/gold/leak
      mount --bind $F/volumes/leak $F/mounts/gold/leak`,
    check: 'mounts',
    evidence: /it is mounted, but the ledger does not know it/,
    asked: [['volume inspect leak', /leak/]],
    // Recovery takes it for one in use.
    after: 'holdfast volume unmount leak; holdfast volume rm leak',
  },
  'a foreign mount': {
    stage: 'mkdir $F/mounts/gold/alien; mount -t tmpfs tmpfs $F/mounts/gold/alien',
    check: 'mounts',
    evidence: /alien belongs to no volume of driver gold/,
    asked: [['volume inspect alien', /alien/]],
    after: 'rmdir $F/mounts/gold/alien',
  },
  'a Podman that waits too briefly': {
    stage: `printf '[engine.volume_plugins]\\ngold = "${plugins}/gold.sock"\\n' > /etc/containers/containers.conf`,
    check: 'podman',
    evidence: /^It waits 5 s for a driver/,
    after: 'rm -r /etc/containers/containers.conf*',
  },
  'a volume of the engine that shadows ours': {
    stage: 'docker volume create shade; holdfast volume create shade --driver gold',
    check: 'shadowed-volumes',
    evidence: /Docker has a volume shade of its own driver `local`/,
    asked: [['volume ls --unused', /shade/]],
    after: 'holdfast volume rm shade',
  },
  'a stopped container that refers to a removed volume': {
    stage: `docker volume create --driver gold gone; docker create --name old -v gone:/d ${container} true
      holdfast volume rm gone`,
    check: 'containers',
    evidence: /^Container old \(created\) refers to volume gone/,
    asked: [
      ['why gone', /^Volume gone was removed from driver gold .*`holdfast volume undelete gone/],
      ['events --volume gone', /remove/],
    ],
  },
};
