#!/bin/sh
# Holds a guest. When stdin closes, also because the test process is killed, all its processes and mounts end, and its folder
# is removed. The line "off" on stdin ends only the guest. Its serial line is file descriptor 3.
#
# Called as: holder.sh outside FOLDER MEMORY NETWORK KERNEL-ARGUMENTS...
# The guest runs in the network namespace of the process with the PID NETWORK; "none": without a network.
set -u
place=$1
folder=$2
memory=$3
network=$4

# Mounts a folder of the machine below the guest's root, with an overlay in memory, so that the guest's writes do not reach the
# machine's own file system.
overlay() {
  layers=$(mktemp -d "$folder/memory/layers.XXXXXX")
  mkdir -p "$layers/upper" "$layers/work" "$folder/root$1"
  mount -t overlay -o "lowerdir=$1,upperdir=$layers/upper,workdir=$layers/work" overlay "$folder/root$1"
}

# An overlay does not include mounts below it. In a container, the project and the tools may be on separate mounts.
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
  # Runs as a child: the first process of a namespace would not receive the kernel's own signals.
  # Runs on one processor: each system call in the guest switches twice between a process and its kernel, and a switch between
  # processors costs several times as much.
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
  # The end of the namespace's first process ends all others first.
  kill -9 "$first" 2>/dev/null
  wait $child
  [ "$word" = off ] && echo off && read -r word
  # Another boot of this guest may be ending at the same time.
  tries=0
  until rm -rf --one-file-system "$folder" || [ $tries -eq 50 ]; do
    tries=$((tries + 1))
    sleep 0.1
  done
  exit 0
}

"$place" "$@"
