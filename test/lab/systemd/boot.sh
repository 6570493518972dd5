#!/bin/sh
# Boots the real systemd as the first process of a simulated host, and ends that host with all its processes when stdin closes,
# so also when the test process is killed. Called as: boot.sh outside FOLDER
#
# The host has its own processes, mounts and cgroups; what it writes outside of FOLDER is lost at its end, or not the machine's
# (/dev, /run, /tmp, /var). It has no unit but those of FOLDER/units and the journal's: the machine's own would start services.
set -u
place=$1
folder=$2
group=${folder##*/}

hierarchies() {
  findmnt --noheadings --list --output TARGET --types cgroup,cgroup2 | grep ^/sys/fs/cgroup | sort -u
}

join_groups() {
  for tree in $(hierarchies); do
    mkdir "$tree/$group"
    # Without its own, a cpuset of cgroup v1 takes no process.
    for file in cpuset.cpus cpuset.mems; do
      if [ -e "$tree/$file" ]; then cat "$tree/$file" > "$tree/$group/$file"; fi
    done
    echo $$ > "$tree/$group/cgroup.procs"
  done
}

# False while a group is in use.
leave_groups() {
  for tree in $(hierarchies); do
    find "$tree/$group" -depth -type d -exec rmdir {} + 2> /dev/null
    [ ! -e "$tree/$group" ] || return 1
  done
}

mount_groups() {
  for tree in $(hierarchies); do
    kind=$(findmnt --noheadings --output FSTYPE "$tree" | tail -n 1)
    options=$(findmnt --noheadings --output FS-OPTIONS "$tree" | tail -n 1 | sed 's/^rw,\{0,1\}//')
    case $options in *name=*) options=none,$options ;; esac
    umount "$tree" && mount -t "$kind" ${options:+-o "$options"} cgroup "$tree"
  done
}

# Its devices are its own: the journal puts a socket there.
make_devices() {
  mount -t tmpfs -o mode=755 tmpfs "$folder/dev"
  for name in null zero full random urandom tty ptmx fd stdin stdout stderr; do cp -a "/dev/$name" "$folder/dev/"; done
  mkdir "$folder/dev/pts" "$folder/dev/shm"
  mount --bind /dev/pts "$folder/dev/pts"
  mount --rbind "$folder/dev" /dev
}

# Nothing of the machine's /tmp is seen but the host's folder and this clone, which may be there.
make_temporary() {
  clone=${0%/test/lab/systemd/*}
  mount -t tmpfs -o mode=1777 tmpfs /var/tmp
  mkdir /var/tmp/folder /var/tmp/clone
  mount --bind "$folder" /var/tmp/folder
  mount --bind "$clone" /var/tmp/clone
  mount -t tmpfs -o mode=1777 tmpfs /tmp
  mkdir -p "$folder" "$clone"
  mount --move /var/tmp/folder "$folder"
  mount --move /var/tmp/clone "$clone"
  rmdir /var/tmp/folder /var/tmp/clone
}

overlay() {
  mkdir -p "$folder/over/$1/upper" "$folder/over/$1/work"
  mount -t overlay -o "lowerdir=/$1,upperdir=$folder/over/$1/upper,workdir=$folder/over/$1/work" overlay "/$1"
}

only_own_units() {
  cp /usr/lib/systemd/system/systemd-journald*.s* "$folder/units/"
  rm -f "$folder/units/systemd-journald-audit.socket"
  for name in systemd/system systemd/system-generators systemd/user tmpfiles.d sysctl.d modules-load.d; do
    [ -d "/usr/lib/$name" ] && mount -t tmpfs -o mode=755 tmpfs "/usr/lib/$name"
  done
  mount -t tmpfs -o mode=755 tmpfs /etc/systemd/system
  cp "$folder"/units/* /usr/lib/systemd/system/
  printf '[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=no\n' > /etc/systemd/journald.conf
}

inside() {
  set -e
  sh "${0%/*}/../forget-mounts.sh"
  mount -t proc proc /proc
  mount_groups
  make_temporary
  mount -t tmpfs -o mode=755 tmpfs "$folder/over"
  for name in etc usr var; do overlay $name; done
  only_own_units
  make_devices
  mount -t tmpfs -o mode=755 tmpfs /run
  mount --make-rshared /
  export container=lab
  exec /usr/lib/systemd/systemd --system --unit=multi-user.target --show-status=no --log-target=journal
}

outside() {
  trap '' INT TERM HUP
  # In the groups only until it has its own namespaces.
  sh "$0" join "$folder" > "$folder/boot.log" 2>&1 < /dev/null &
  child=$!
  echo "booting $child"
  read -r _
  kill -9 $child
  wait $child 2> /dev/null
  tries=0
  while ! leave_groups && [ $tries -lt 100 ]; do
    tries=$((tries + 1))
    sleep 0.05
  done
  chattr -R -f -i "$folder" 2> /dev/null
  rm -rf --one-file-system "$folder"
}

join() {
  join_groups
  exec unshare --mount --propagation private --pid --fork --kill-child --cgroup --uts --ipc sh "$0" inside "$folder"
}

"$place"
