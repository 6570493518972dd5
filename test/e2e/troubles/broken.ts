import type { Troubles } from './stage.ts';
import { container, plugins } from './while-all-runs.ts';

const sockets = 'holdfast-gold.socket holdfast-tin.socket';

/** While Docker is stopped. */
export const withoutDocker: Troubles = {
  'an engine that was stopped': {
    stage: 'systemctl stop docker.service',
    check: 'engines',
    evidence: /^No engine of root seems to run here/,
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
