import { busybox } from '../../lab/images.ts';
import type { Trouble } from './stage.ts';

/** Troubles that show at the same time. */
export type Troubles = Readonly<Record<string, Trouble>>;

const sockets = 'holdfast-gold.socket holdfast-tin.socket';
const plugins = '/run/docker/plugins';
const container = `--network none ${busybox}`;

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

/** While Docker is stopped. */
export const withoutDocker: Troubles = {
  'an engine that was stopped': {
    stage: 'systemctl stop docker.service',
    check: 'engines',
    evidence: /^No engine seems to run here/,
    asked: [['volume ls', /^There are no volumes yet/]],
  },
  'a unit that is not enabled': {
    stage: 'systemctl disable holdfast.service',
    check: 'boot',
    evidence: /does not start at boot/,
  },
  'the socket of a plugin that is gone, whose name is a trap': {
    stage: `perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un($ARGV[0]))' '${plugins}/a $(reboot).sock'`,
    check: 'sockets',
    evidence: /^Nobody listens on .*reboot.*, which is not ours/,
  },
  'a root that belongs to another user': {
    stage: 'mkdir -p -m 0700 $F/volumes; chown 1000 $F/volumes',
    check: 'directories',
    evidence: /\/volumes has mode 0700 and owner 1000/,
  },
  'a disk that is not mounted': {
    stage: 'umount $F/disk',
    check: 'required-mounts',
    evidence: /^Nothing is mounted at .*\/disk, which its `requireMount` requires/,
    also: [['storage', /nothing is mounted at .*\/disk/]],
    asked: [['volume create new --driver tin', /nothing is mounted at .*\/disk.*mount the disk, then retry/]],
  },
  'a mount root that is no longer mounted': {
    stage: 'umount --lazy $F/mounts',
    check: 'mount-root',
    evidence: /no longer a separate mount/,
    asked: [['drain --check', /^Nothing is mounted here/]],
  },
};

/** While the daemon does not run. */
export const withoutDaemon: Troubles = {
  'a daemon that failed, with its reason in the journal': {
    stage: `systemctl stop ${sockets} holdfast.service; mv $F/state $F/aside; touch $F/state
      systemctl start holdfast.service || systemctl stop ${sockets} holdfast.service
      systemctl reset-failed; rm $F/state; mv $F/aside $F/state`,
    check: 'daemon',
    evidence: /^No daemon answers on \/run\/holdfast\/admin\.sock.* The last error in its log: .*\/state/,
    asked: [
      [
        'volume inspect db',
        /start it with `systemctl start holdfast`.* Its last error in the journal: .*\/state/,
      ],
    ],
  },
  'a state file of another version': {
    stage: 'echo "v9 [1,2]" > $F/state/gold/catalog.jsonl',
    check: 'state',
    evidence: /catalog\.jsonl does not have the format of this version/,
  },
};

/** Each command that asks an engine answers without it, and says so. */
export const hungEngine: Troubles = {
  'an engine that hangs': {
    stage: `holdfast volume create steady --driver gold; holdfast volume create lapsed --driver gold
      holdfast volume rm lapsed; systemctl kill --signal=SIGSTOP docker.service`,
    check: 'engines',
    evidence: /^Docker has not answered on \/run\/docker\.sock within 2 s/,
    within: 4_000,
    asked: [
      ['volume inspect steady', /It is unknown which containers of Docker refer to it/],
      ['volume rm --dry-run steady', /steady/],
      ['volume undelete lapsed', /It is unknown whether Docker has its own volume lapsed/],
      ['volume ls', /steady/],
      ['volume ls --unused', /steady/],
      ['why steady', /^Volume steady exists in driver gold/],
      ['events --volume steady', /create/],
      ['drain --check', /can be stopped/],
    ],
    after: 'holdfast volume rm steady; holdfast volume rm lapsed',
  },
};

/** The last ones of the host: nothing puts the sockets back. */
export const outOfSight: Troubles = {
  'an engine that looks for sockets elsewhere': {
    stage: `sed -i 's|^{|{"socketDir":"/run/elsewhere",|' $F/config.yaml
      holdfast install --config $F/config.yaml; systemctl restart docker.service`,
    check: 'engines',
    evidence: /does not have the driver gold: it looks for sockets in/,
    also: [['engines', /does not have the driver tin: it looks/]],
    asked: [['driver ls', /gold/]],
  },
};

export const uninstalled: Troubles = {
  'a daemon that nothing starts at boot': {
    stage: `systemctl disable --now holdfast.service ${sockets}; rm /etc/systemd/system/holdfast*
      systemctl daemon-reload`,
    check: 'boot',
    evidence: /^systemd has no unit of Holdfast/,
    also: [['daemon', /^No daemon answers/]],
    asked: [['drain --check', /No daemon answers .*: start it with `holdfast serve`/]],
  },
};

/** The daemon binds a deleted socket again; after a restart systemd has one without a file. */
export const unbound: Troubles = {
  'a socket that systemd has without a file': {
    stage: `rm ${plugins}/tin.sock; until [ -S ${plugins}/tin.sock ]; do sleep 0.1; done
      systemctl stop docker.service; systemctl restart holdfast.service; systemctl start docker.service`,
    check: 'sockets',
    evidence: /tin\.sock is missing, although the daemon runs/,
    also: [['engines', /does not have the driver tin/]],
    asked: [['driver ls', /tin/]],
  },
};

export const unstarted: Troubles = {
  'a container that could not start because its driver was away': {
    stage: `docker volume create --driver gold late
      docker create --name late --restart always -v late:/d ${container} sleep 1000
      systemctl stop ${sockets} holdfast.service; ! docker start late; systemctl start ${sockets} holdfast.service`,
    check: 'containers',
    evidence: /^Container late did not start: /,
    asked: [['why late', /^Volume late exists in driver gold/]],
    after: 'docker rm --force late; docker volume rm late',
  },
};
