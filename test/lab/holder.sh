#!/bin/sh
# Holds the mount namespace of a simulated host. When stdin closes, also because the test process is killed, it ends every
# process, mount and loop device of the host. Called as: holder.sh outside FOLDER
#
# The host's processes are found by the unique name of its folder, never by a program's name. Only their mount tables contain
# it: here from the bind of the boot ID, in a container from its overlay.
# A last line "keep" on stdin keeps the folder, as a reboot keeps the disks.
set -u
place=$1
folder=$2
name=/${folder##*/}

enter() {
  sh "${0%/*}/forget-mounts.sh"
  set -e
  mount --make-rshared /
  mount -t tmpfs -o mode=755 tmpfs /run
  mkdir -p /run/docker/plugins
  mount --bind "$folder/boot-id" /proc/sys/kernel/random/boot_id
  set +e
  echo "ready $$"
}

# Succeeds if it found a process to kill. grep's own process, which the list may contain, has ended by then.
kill_others() {
  found=1
  grep -l -F "$name" /proc/[0-9]*/mountinfo > "$folder/processes" 2>/dev/null
  while IFS=/ read -r _ _ pid _; do
    [ "$pid" != "$$" ] && kill -9 "$pid" 2>/dev/null && found=0
  done < "$folder/processes"
  return $found
}

inside() {
  enter
  word=
  read -r word
  tries=0
  while kill_others && [ $tries -lt 100 ]; do
    tries=$((tries + 1))
    sleep 0.05
  done
  [ "$word" = keep ] && exit 10
  exit 0
}

detach_loops() {
  for backing in /sys/block/loop*/loop/backing_file; do
    grep -q -F "$name/" "$backing" 2>/dev/null || continue
    device=${backing#/sys/block/}
    losetup -d "/dev/${device%%/*}"
  done
}

remove_cgroups() {
  for container in "$folder"/*/containers/*; do
    rmdir /sys/fs/cgroup/docker/"${container##*/}" /sys/fs/cgroup/*/docker/"${container##*/}" 2>/dev/null
  done
  # Those of a Nomad agent are below one with the name of the folder.
  find /sys/fs/cgroup -depth -type d -path "*$name*" -exec rmdir {} + 2>/dev/null
  # Those of a kubelet's containers, where the folder had one. One that has a process is not removed.
  [ -e "$folder/kubelet.json" ] && find /sys/fs/cgroup/k8s.io /sys/fs/cgroup/*/k8s.io -depth -type d -exec rmdir {} + 2>/dev/null
}

outside() {
  trap '' INT TERM HUP
  unshare --mount --propagation private sh "$0" inside "$folder"
  status=$?
  detach_loops
  remove_cgroups
  if [ $status -eq 10 ]; then exit 0; fi
  chattr -R -f -i "$folder" 2>/dev/null
  rm -rf --one-file-system "$folder"
  exit $status
}

"$place"
