import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { builtDaemon } from '../../lab/built-daemon.ts';
import { entering } from '../../lab/namespace.ts';
import { describeWith } from '../../lab/requirements.ts';
import { startWriter } from '../containers.ts';
import { realEngine, useMachine } from '../use-machine.ts';
import { createVolume } from '../volumes.ts';

/** Acts like systemd for a socket unit: it listens, and executes the daemon at the first connection. */
const serviceManager = `
use Socket; use POSIX ();
$^F = 9;
my ($path, $name, @daemon) = @ARGV;
unlink $path;
socket(my $socket, PF_UNIX, SOCK_STREAM, 0) or die $!;
bind($socket, sockaddr_un($path)) or die $!;
listen($socket, 4096) or die $!;
my $ready = ''; vec($ready, fileno($socket), 1) = 1;
select($ready, undef, undef, undef);
POSIX::dup2(fileno($socket), 3) if fileno($socket) != 3;
@ENV{qw(LISTEN_PID LISTEN_FDS LISTEN_FDNAMES)} = ($$, 1, $name);
exec @daemon;
`;

/** Seconds for which an engine retries calls for one volume whose driver is down. */
const patience = 15;

describeWith(realEngine, 'an engine that knows 30 volumes and starts before Holdfast', () => {
  const machine = useMachine();

  test('does not wait 15 s per volume if socket units hold the socket, and starts its containers', async () => {
    const { engine, holdfast, namespace, folder } = machine();
    for (let index = 0; index < 30; index += 1) await createVolume(machine(), `v${index}`);
    const writer = await startWriter(machine(), 'service', 'v0', '--restart=always');
    await engine.stop();
    await holdfast.stop();
    const socket = '/run/docker/plugins/holdfast.sock';
    const daemon = [process.execPath, await builtDaemon(), 'serve', '--config', `${folder}/config.yaml`];
    const words = ['-e', serviceManager, socket, 'holdfast', ...daemon];
    const activated: ChildProcess = spawn('nsenter', entering(namespace.pid(), 'perl', words), {
      stdio: 'ignore',
    });
    try {
      const before = performance.now();
      await engine.start();
      expect((performance.now() - before) / 1000).toBeLessThan(patience);
      await writer.writesOn();
      expect((await engine.docker('volume', 'ls', '--quiet')).split('\n')).toHaveLength(30);
      await engine.docker('rm', '--force', 'service');
    } finally {
      const ended = once(activated, 'exit');
      activated.kill('SIGTERM');
      await ended;
      await namespace.run('rm', '-f', socket);
      await holdfast.start();
    }
    for (let index = 0; index < 30; index += 1) await engine.docker('volume', 'rm', `v${index}`);
  });
});
