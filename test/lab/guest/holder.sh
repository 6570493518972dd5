#!/bin/sh
# Holds a guest: every process and mount of it ends when this script's stdin closes, so also when the test process is
# killed; its folder goes then, too. The line "off" ends the guest alone. Its serial line is file descriptor 3.
#
# Called as: holder.sh outside FOLDER MEMORY NETWORK KERNEL-ARGUMENTS..., NETWORK a process ID in whose network
# namespace the guest runs, or "none".
set -u
place=$1
folder=$2
memory=$3
network=$4

# Mounts what is at a folder of the machine below the guest's root, with an overlay in memory: nothing that the guest
# writes lands on the machine's own file system.
overlay() {
  layers=$(mktemp -d "$folder/memory/layers.XXXXXX")
  mkdir -p "$layers/upper" "$layers/work" "$folder/root$1"
  mount -t overlay -o "lowerdir=$1,upperdir=$layers/upper,workdir=$layers/work" overlay "$folder/root$1"
}

# An overlay ends at the mounts below it, and a container has its project and its tools on mounts of their own.
overlay_mount_of() {
  mount=$(findmnt --noheadings --output TARGET --target "$1")
  mountpoint -q "$folder/root${mount%/}" || overlay "$mount"
}

inside() {
  set -e
  shift 4
  ulimit -c 0
  mount -t proc proc /proc
  sh "${0%/*}/../forget-mounts.sh"
  mkdir -p "$folder/root" "$folder/memory"
  mount -t tmpfs -o mode=755 tmpfs "$folder/memory"
  overlay /
  overlay_mount_of "$0"
  overlay_mount_of "$NODE"
  export TMPDIR="$folder/memory" LD_PRELOAD="$folder/whole-xstate.so"
  # A child, not this process: as the first process of a namespace the kernel's own signals would not reach it.
  # On one processor: each system call of a guest's process is two switches between that process and its kernel, which
  # cost several times as much between processors.
  taskset --cpu-list "$PROCESSOR" linux.uml "mem=$memory" "uml_dir=$folder/uml" umid=guest "$@" || echo "The guest ended with $?." >&2
}

outside() {
  trap '' INT TERM HUP PIPE
  shift 4
  prefix=
  [ "$network" = none ] || prefix="nsenter --net=/proc/$network/ns/net"
  rm -rf "$folder/uml"
  $prefix unshare --pid --fork --kill-child --mount --propagation private \
    sh "$0" inside "$folder" "$memory" "$network" "$@" >"$folder/console" 2>&1 &
  child=$!
  first=
  while [ -z "$first" ]; do
    kill -0 $child || exit 1
    # The file ends without a newline, for which read reports a failure.
    read -r first _ <"/proc/$child/task/$child/children" || sleep 0.01
  done
  echo "ready $first"
  exec 3<&-
  word=
  read -r word
  # The namespace's first process takes all others with it, and is gone only after them.
  kill -9 "$first" 2>/dev/null
  wait $child
  [ "$word" = off ] && echo off && read -r word
  # Another boot of this guest may be ending now, too.
  tries=0
  until rm -rf --one-file-system "$folder" || [ $tries -eq 50 ]; do
    tries=$((tries + 1))
    sleep 0.1
  done
  exit 0
}

"$place" "$@"
