import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A service manager's end of NOTIFY_SOCKET (sd_notify(3)). */
export interface NotifySocket {
  /** The datagrams, in order. */
  told(): readonly string[];
  close(): Promise<void>;
}

/** Node has no datagram Unix sockets. A datagram is printed as one line, `;` between its assignments. */
const receiver = `
use Socket;
$| = 1;
my ($name) = @ARGV;
$name =~ s/^@/\\0/;
socket(my $socket, PF_UNIX, SOCK_DGRAM, 0) or die $!;
bind($socket, pack('S a*', AF_UNIX, $name)) or die $!;
print "bound\\n";
while (defined recv($socket, my $text, 65536, 0)) { $text =~ tr/\\n/;/; print "$text\\n" }
`;

/** `name`: a path, or an abstract name after `@`. Needs perl. */
export async function openNotifySocket(name: string): Promise<NotifySocket> {
  const child: ChildProcess = spawn('perl', ['-e', receiver, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout?.on('data', (chunk) => {
    said += chunk;
  });
  const ended = once(child, 'exit');
  while (!said.includes('\n')) {
    const next = child.stdout === null ? ended : Promise.race([once(child.stdout, 'data'), ended]);
    await next;
    if (child.exitCode !== null) throw new Error(`The notify socket ${name} could not be bound.`);
  }
  return {
    told: () => said.split('\n').slice(1, -1),
    async close() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
