import { mkdir, rm, statfs } from 'node:fs/promises';
import { eventually } from '../eventually.ts';
import { allProcesses, killUntilGone, neighbours, send } from '../processes.ts';
import { output, succeeded } from '../run.ts';
import { createBricks } from './bricks.ts';
import type { Pod } from './pod.ts';

/** One server of the cluster, with a brick of each volume. A volume is the cluster's first one unless it is named. */
export interface Peer {
  readonly address: string;
  /** The trimmed output of the gluster command; throws with its error. */
  gluster(...args: readonly string[]): Promise<string>;
  /** Undefined if the brick does not run. */
  brickPid(volume?: string): Promise<number | undefined>;
  /** kill -9, and waits until it is gone. */
  killBrick(volume?: string): Promise<void>;
  /** Starts the volume's stopped bricks on all peers, and returns once this peer's brick is online. */
  startBrick(volume?: string): Promise<void>;
  /** kill -9 of the process that counts for the quotas of the server's bricks. `startBrick` starts it again. */
  killQuotad(): Promise<void>;
  /** The brick hangs (SIGSTOP): its connections stay, and it answers nothing. */
  pauseBrick(volume?: string): Promise<void>;
  resumeBrick(volume?: string): Promise<void>;
  /** glusterd hangs (SIGSTOP) while its bricks work: it accepts connections but does not answer. */
  pauseGlusterd(): Promise<void>;
  resumeGlusterd(): Promise<void>;
  /** kill -9 to glusterd, the bricks and the self-heal daemon: connections are refused from now on. */
  stop(): Promise<void>;
  /** Returns once glusterd answers and its bricks are online. */
  start(): Promise<void>;
  /** Returns once its bricks have their ports, so that clients find them. */
  online(): Promise<void>;
  /** Disconnects its network: packets are lost silently. */
  cut(): Promise<void>;
  join(): Promise<void>;
  /** The brick in the format of `gluster volume create`. */
  brick(volume: string): string;
  /** The test process's path of the brick's folder. */
  brickPath(volume?: string): string;
  /**
   * Uses all space of the file system with the peer's bricks, without writing to a brick. Gluster may still report a write as
   * done if another brick has space left: see the cluster's `fill`.
   */
  fillBricks(): Promise<void>;
  drainBricks(): Promise<void>;
}

export interface PeerParts {
  readonly pod: Pod;
  /** The peer's folder. */
  readonly folder: string;
  readonly volumes: readonly string[];
  /** Size of the tmpfs with all the peer's bricks. */
  readonly brickSize: string;
}

/** A peer whose glusterd answers, and which has no bricks yet. */
export async function startPeer(parts: PeerParts): Promise<Peer> {
  const { pod, folder, volumes } = parts;
  await prepare(parts);
  await startGlusterd(parts);
  const first = volumes[0] ?? '';
  const bricks = createBricks(`${folder}/bricks`);
  const filler = `${folder}/bricks/filler`;
  return {
    address: pod.address,
    gluster: (...args) => gluster(pod, args),
    brickPid: (volume = first) => bricks.pid(volume),
    killBrick: (volume = first) => bricks.kill(volume),
    startBrick: async (volume = first) => {
      await gluster(pod, ['volume', 'start', volume, 'force']);
      await bricksAreOnline(pod, [volume]);
    },
    killQuotad: async () => killUntilGone('quotad', async () => quotadsBeside(await bricks.pid(first))),
    pauseBrick: (volume = first) => bricks.signal(volume, 'SIGSTOP'),
    resumeBrick: (volume = first) => bricks.signal(volume, 'SIGCONT'),
    pauseGlusterd: () => signalGlusterd(parts, 'SIGSTOP'),
    resumeGlusterd: () => signalGlusterd(parts, 'SIGCONT'),
    stop: () => pod.killAll(),
    start: async () => {
      await startGlusterd(parts);
      await bricksAreOnline(pod, volumes);
    },
    online: () => bricksAreOnline(pod, volumes),
    cut: () => pod.cut(),
    join: () => pod.join(),
    brick: (volume) => `${pod.address}:${folder}/bricks/${volume}`,
    brickPath: (volume = first) => pod.path(`${folder}/bricks/${volume}`),
    fillBricks: () => fill(pod, filler),
    drainBricks: () => rm(pod.path(filler), { force: true }),
  };
}

async function quotadsBeside(brick: number | undefined): Promise<readonly number[]> {
  if (brick === undefined) throw new Error('The brick, whose quotad is looked for, does not run.');
  const beside = new Set(await neighbours(brick));
  return (await allProcesses())
    .filter(({ pid, args }) => beside.has(pid) && args.includes('gluster/quotad'))
    .map(({ pid }) => pid);
}

async function bricksAreOnline(pod: Pod, volumes: readonly string[]): Promise<void> {
  for (const volume of volumes) {
    const online = async () => {
      const status = await gluster(pod, ['volume', 'status', volume, '--xml']);
      return nodes(status).some((node) => node.includes(`<hostname>${pod.address}<`) && isOnline(node));
    };
    await eventually(`the brick of ${volume} on ${pod.address} is online`, online);
  }
}

function nodes(status: string): readonly string[] {
  return status.split('<node>').slice(1);
}

function isOnline(node: string): boolean {
  return node.includes('<status>1<') && /<port>\d+</.test(node);
}

async function prepare({ pod, folder, brickSize }: PeerParts): Promise<void> {
  for (const part of ['bricks', 'lib', 'log']) await mkdir(`${folder}/${part}`, { recursive: true });
  const mounts = [
    ['-t', 'tmpfs', '-o', `size=${brickSize}`, 'tmpfs', `${folder}/bricks`],
    ['-t', 'tmpfs', 'tmpfs', '/run'],
    ['--bind', `${folder}/lib`, '/var/lib/glusterd'],
    ['--bind', `${folder}/log`, '/var/log/glusterfs'],
  ];
  for (const mount of mounts) succeeded(`mount ${mount.join(' ')}`, await pod.run('mount', ...mount));
}

async function startGlusterd({ pod, folder }: PeerParts): Promise<void> {
  pod.start('glusterd', '-N', '--log-file', `${folder}/log/glusterd.log`);
  const answers = async () => (await pod.run('gluster', 'pool', 'list')).exitCode === 0;
  const evidence = () => output('tail', ['-n', '30', `${folder}/log/glusterd.log`]);
  await eventually(`glusterd of ${pod.address} answers`, answers, { evidence });
}

/** Identifies glusterd by its log file. nsenter(1), which waits for it, stops with it and continues by itself. */
async function signalGlusterd({ folder }: PeerParts, signal: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
  const all = await allProcesses();
  const isMeant = (program = '') => program === 'glusterd' || signal === 'SIGCONT';
  const found = all.filter(({ args }) => isMeant(args[0]) && args.includes(`${folder}/log/glusterd.log`));
  if (found.length === 0) throw new Error(`The glusterd of ${folder} does not run.`);
  for (const { pid } of found) send(pid, signal);
}

async function gluster(pod: Pod, args: readonly string[]): Promise<string> {
  return succeeded(`gluster ${args.join(' ')}`, await pod.run('gluster', '--mode=script', ...args));
}

async function fill(pod: Pod, file: string): Promise<void> {
  const { bavail, bsize } = await statfs(pod.path(file.slice(0, file.lastIndexOf('/'))));
  succeeded('fallocate', await pod.run('fallocate', '--length', String(bavail * bsize), file));
}
