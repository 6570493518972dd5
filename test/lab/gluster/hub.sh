#!/bin/sh
# Holds a bridge in its own network namespace, and a PID namespace for everything that is plugged into it.
# Both end when stdin closes, also because the test process is killed. The kernel then kills every process in them, which
# also removes their mounts, their network namespaces and both ends of every cable.
# Called as: hub.sh outside FOLDER PREFIX      opens the hub; its addresses begin with PREFIX, such as 10.77.3
#            hub.sh plug                       in its PID namespace: opens another network and mount namespace
set -u
place=$1

inside() {
  set -e
  # /proc is still the outer one, and shows this process with its outer PID.
  read -r pid _ < /proc/self/stat
  mount -t proc proc /proc
  sh "${0%/*}/../forget-mounts.sh"
  ip link add hub type bridge
  ip link set hub up
  set +e
  echo "ready $pid"
  # The shell reaps dead processes while it waits for this command.
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

# Ends clients in the test process's own namespace, found by the address of their server.
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
