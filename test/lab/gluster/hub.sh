#!/bin/sh
# Holds a bridge in a network namespace of its own and a PID namespace for everything that is plugged into it.
# Both end when stdin closes, so also when the test process is killed: the kernel then kills every process in there, and
# with them go their mounts, their network namespaces and both ends of every cable.
# Called as: hub.sh outside FOLDER PREFIX      opens it; PREFIX is that of its addresses, such as 10.77.3
#            hub.sh plug                       in its PID namespace: one more network and mount namespace
set -u
place=$1

inside() {
  set -e
  # This /proc is still the one outside, and has this process under the PID it has out there.
  read -r pid _ < /proc/self/stat
  mount -t proc proc /proc
  sh "${0%/*}/../forget-mounts.sh"
  ip link add hub type bridge
  ip link set hub up
  set +e
  echo "ready $pid"
  # While it waits for this command the shell reaps whoever died.
  cat > /dev/null
}

plug() {
  read -r pid _ < /proc/self/stat
  exec unshare --mount --net --propagation private sh "$0" plugged "$pid"
}

plugged() {
  set -e
  mount -t proc proc /proc
  sh "${0%/*}/../forget-mounts.sh"
  ip link set lo up
  echo "ready $1"
  exec sleep infinity
}

# Clients in the test process's own namespace: their server's address tells them from everybody else's.
end_clients() {
  grep -l -F -e "--volfile-server=$2." /proc/[0-9]*/cmdline > "$1/hub-clients" 2>/dev/null
  while IFS=/ read -r _ _ pid _; do
    kill -9 "$pid" 2>/dev/null
  done < "$1/hub-clients"
  grep -F -e " - fuse.glusterfs $2." /proc/self/mountinfo > "$1/hub-mounts"
  while read -r _ _ _ _ point _; do
    umount -l "$point"
  done < "$1/hub-mounts"
}

outside() {
  trap '' INT TERM HUP
  unshare --pid --fork --kill-child --mount --net --propagation private sh "$0" inside
  status=$?
  end_clients "$1" "$2"
  rm -rf --one-file-system "$1"
  exit $status
}

shift
"$place" "$@"
