#!/bin/sh
# Called first in a new mount namespace, as: forget-mounts.sh [PROGRAM ARGUMENT...]
# Unmounts its copies of the mounts that other tests have at this moment: the copies would keep those tests' disks and loop devices
# in use as long as the namespace lives. A test's mounts are in its folder, holdfast-…; those in a folder that an argument names stay.
arguments="$*/"
grep -F /holdfast- /proc/self/mountinfo | while read -r _ _ _ _ point _; do
  folder=${point#*/holdfast-}
  # In a guest, every file system of the machine has such a source.
  [ "$folder" != "$point" ] || continue
  case $arguments in
    */holdfast-"${folder%%/*}"[/\ ]*) ;;
    *) echo "$point" ;;
  esac
done | xargs -r umount -l 2> /dev/null
[ $# -eq 0 ] || exec "$@"
