#!/bin/busybox sh
# The first process of a guest. Its environment comes from the kernel's arguments: FOLDER, PROJECT, NODE, AGENT, NAME, ADDRESS, HOSTS.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8

# The size is that of the memory, because a sparse image needs the space to be there although it does not fill it.
memory() {
  mkdir -p "$1"
  mount -t tmpfs -o "mode=${2:-755},size=100%" tmpfs "$1"
}

# The root is a tmpfs, because the exports of the kernel's NFS server are below it. The machine's folders are bound into it.
enter_root() {
  memory /.root
  cd /.root || exit 1
  for entry in /*; do
    if [ -L "$entry" ]; then
      cp -d "$entry" ".$entry"
    elif [ -d "$entry" ]; then
      mkdir ".$entry"
      case $entry in
        /proc | /sys | /dev | /run | /tmp | /srv) ;;
        *) mount --bind "$entry" ".$entry" ;;
      esac
    fi
  done
  mkdir -p ".$PROJECT" .old
  mount --bind "$PROJECT" ".$PROJECT"
  pivot_root . .old
  exec chroot . "$0" entered
}

[ "$1" = entered ] || enter_root
cd /
umount -l /.old
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts && mount -t devpts devpts /dev/pts
memory /dev/shm 1777
memory /tmp 1777
memory /run
# The project may be below one of these.
case $PROJECT in
  /tmp/* | /run/*)
    mkdir -p "$PROJECT"
    mount -t hostfs -o "$FOLDER/root$PROJECT" none "$PROJECT"
    ;;
esac
for folder in docker nfs holdfast; do memory "/var/lib/$folder"; done
mkdir -p /run/docker/plugins /run/lock "$FOLDER"
mount -t hostfs -o "$FOLDER" none "$FOLDER"

mkdir -p /lib/modules
mount --bind /usr/lib/uml/modules /lib/modules
modprobe -a fuse loop overlay nfs nfsv3 nfsv4 nfsd

memory /sys/fs/cgroup
sed 1d /proc/cgroups | while read -r controller _; do
  mkdir "/sys/fs/cgroup/$controller"
  mount -t cgroup -o "$controller" cgroup "/sys/fs/cgroup/$controller"
done

ip link set lo up
hostname "$NAME"
{ echo "127.0.0.1 localhost"; echo "$HOSTS" | tr ',' '\n' | tr '=' ' '; } > /etc/hosts
# There is no name server, so a name that is not in that file does not exist.
printf 'passwd: files\ngroup: files\nhosts: files\n' > /etc/nsswitch.conf
if [ -n "$ADDRESS" ]; then
  ip address add "$ADDRESS/24" dev vec0
  ip link set vec0 up
fi

exec 3<>/dev/ttyS0
stty raw -echo <&3
"$NODE" "$AGENT" <&3 3<&-
busybox poweroff -f
