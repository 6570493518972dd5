const target = (...lines: readonly string[]) => ['[Unit]', 'DefaultDependencies=no', ...lines, ''].join('\n');

/** What every unit refers to: the boot of systemd, without what it starts on a real machine. */
export const targets: Readonly<Record<string, string>> = {
  'sysinit.target': target('Wants=systemd-journald.service', 'After=systemd-journald.service'),
  'sockets.target': target(),
  'basic.target': target(
    'Requires=sysinit.target',
    'Wants=sockets.target',
    'After=sysinit.target sockets.target',
  ),
  'multi-user.target': target('Requires=basic.target', 'After=basic.target', 'AllowIsolate=yes'),
  'network-online.target': target(),
  'shutdown.target': target('RefuseManualStart=yes'),
};
