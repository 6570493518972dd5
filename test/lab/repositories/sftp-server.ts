import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../eventually.ts';
import { freePort } from '../network/free-port.ts';
import { allProcesses, send } from '../processes.ts';
import { environment, output } from '../run.ts';
import { listens } from './s3-server.ts';
import { bytesBelow, type RepositoryServer } from './server.ts';

/** sshd does not start without it. */
const separation = '/run/sshd';

export interface SftpServer extends RepositoryServer {
  readonly programs: string;
  /** The client's list of hosts that it trusts. */
  readonly knownHosts: string;
}

/** Debian's OpenSSH on 127.0.0.1, with keys and files of its own on both sides. */
export async function startSftpServer(): Promise<SftpServer> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-sftp-'));
  const [repository, programs] = [join(folder, 'repository'), join(folder, 'programs')];
  for (const path of [repository, programs]) mkdirSync(path);
  const madeSeparation = !existsSync(separation);
  if (madeSeparation) mkdirSync(separation, { mode: 0o755 });
  const port = await freePort();
  const knownHosts = join(folder, 'known_hosts');
  await layFiles(folder, port);
  let kill = async (): Promise<void> => undefined;
  const start = async (): Promise<void> => {
    const args = ['-D', '-e', '-f', join(folder, 'sshd_config')];
    const child = spawn('/usr/sbin/sshd', args, { env: environment(), stdio: 'ignore' });
    const ended = once(child, 'exit');
    kill = async () => {
      const served = await descendants(child.pid ?? 0);
      child.kill('SIGKILL');
      for (const pid of served) send(pid, 'SIGKILL');
      await ended;
    };
    await eventually('sshd listens', () => listens(port));
  };
  await start();
  return {
    url: `sftp://root@127.0.0.1:${port}/${repository}`,
    environment: {},
    secrets: [],
    programs,
    knownHosts,
    stored: () => bytesBelow(repository),
    kill: () => kill(),
    start,
    async remove() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
      if (madeSeparation) rmdirSync(separation);
    },
  };
}

async function layFiles(folder: string, port: number): Promise<void> {
  const at = (name: string) => join(folder, name);
  for (const name of ['host-key', 'user-key'])
    await output('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(name)]);
  writeFileSync(at('known_hosts'), `[127.0.0.1]:${port} ${readFileSync(at('host-key.pub'), 'utf8')}`);
  const server = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${at('host-key')}`,
    `AuthorizedKeysFile ${at('user-key.pub')}`,
    ...['PidFile none', 'StrictModes no', 'UsePAM no', 'PasswordAuthentication no'],
    ...['PermitRootLogin prohibit-password', 'Subsystem sftp internal-sftp'],
  ];
  writeFileSync(at('sshd_config'), `${server.join('\n')}\n`);
  const client = [`IdentityFile ${at('user-key')}`, `UserKnownHostsFile ${at('known_hosts')}`];
  writeFileSync(at('ssh_config'), `${client.join('\n')}\n`);
  // Without it, ssh would take the keys and the known hosts of whoever runs the tests.
  const ssh = `#!/bin/sh\nexec /usr/bin/ssh -F '${at('ssh_config')}' "$@"\n`;
  writeFileSync(at('programs/ssh'), ssh, { mode: 0o755 });
}

/** Each connection has processes of its own. */
async function descendants(pid: number): Promise<readonly number[]> {
  const parents = new Map<number, number>();
  for (const { pid: one } of await allProcesses()) parents.set(one, parentOf(one));
  const isBelow = (one: number | undefined): boolean =>
    one !== undefined && one > 1 && (one === pid || isBelow(parents.get(one)));
  return [...parents.keys()].filter((one) => one !== pid && isBelow(one));
}

function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return 0;
  }
}
