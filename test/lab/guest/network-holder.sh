#!/bin/sh
# Holds a network namespace with a bridge, and a tap device on it for each guest. This process ends when its stdin closes, and
# the kernel removes the namespace with its last process. Called as: network-holder.sh COUNT
trap '' INT TERM HUP
set -e
ip link set lo up
ip link add bridge0 type bridge
ip address add 10.98.0.1/24 dev bridge0
ip link set bridge0 up
index=0
while [ $index -lt "$1" ]; do
  ip tuntap add "tap$index" mode tap
  ip link set "tap$index" master bridge0 up
  index=$((index + 1))
done
echo "ready $$"
read -r _ || exit 0
