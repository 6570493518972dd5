/** Docker on a host of systemd, without a network for containers. */
export const dockerUnit = `[Service]
Type=notify
ExecStart=/usr/sbin/dockerd --data-root /run/docker-data --iptables=false --ip6tables=false --bridge=none --storage-driver=vfs
KillMode=process
`;
