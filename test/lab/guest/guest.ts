import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { output } from '../run.ts';
import { type Power, switchOn } from './power.ts';
import { createGuestPrograms, type GuestPrograms } from './programs.ts';
import { createSerialLine, type SerialLine } from './serial-line.ts';

/** What a test with guests needs; pass it to `describeWith`. */
export const realGuest = {
  root: true,
  programs: ['linux.uml', 'cc', 'modprobe', 'unshare', 'nsenter', 'ip', 'busybox'],
  paths: ['/usr/lib/uml/modules'],
} as const;

/**
 * A simulated host with its own Linux kernel (user-mode Linux). It sees the machine's files; its writes stay in memory and are
 * lost when it is switched off. Only `folder` is on the machine's disk, at the same path on both.
 */
export interface Guest extends GuestPrograms {
  readonly folder: string;
  /** In the guests' network; 127.0.0.1 without one. */
  readonly address: string;
  /** Stops the machine: nothing in it runs, and its clients wait. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** A power failure. The files in `folder` stay. */
  powerOff(): Promise<void>;
  /** Boots it again after a power failure. */
  boot(): Promise<void>;
  /** Its processes on the machine. */
  processes(): Promise<readonly number[]>;
  /** The kernel's output since the last boot. */
  console(): Promise<string>;
  /** Ends it in any state, and removes its folder. */
  close(): Promise<void>;
}

/** Its place in the guests' network; see guest-network.ts. */
export interface GuestLink {
  readonly name: string;
  readonly address: string;
  /** `name=address` of all guests, separated by commas. */
  readonly hosts: string;
  /** PID of a process in the network's namespace. */
  readonly network: number;
  readonly device: string;
}

export interface GuestSettings {
  /** In the kernel's format; default: 768M. */
  readonly memory?: string;
  readonly link?: GuestLink;
}

/** Boots a guest, and returns when programs can be run in it. */
export async function createGuest(settings: GuestSettings = {}): Promise<Guest> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-guest-'));
  await output('cc', [
    '-O2',
    '-shared',
    '-fPIC',
    '-Wl,-z,now',
    '-o',
    `${folder}/whole-xstate.so`,
    here('whole-xstate.c'),
  ]);
  const guest = assemble(folder, settings);
  try {
    await guest.boot();
  } catch (error) {
    const console = await guest.console();
    await guest.close();
    throw new Error(`The guest did not boot: ${console.slice(-2_000)}`, { cause: error });
  }
  return guest;
}

interface Running {
  readonly power: Power;
  readonly line: SerialLine;
}

function assemble(folder: string, settings: GuestSettings): Guest {
  const powers: Power[] = [];
  let running: Running | undefined;
  const current = () => {
    if (!running) throw new Error('The guest is switched off: boot it first.');
    return running;
  };
  const powerOff = async () => {
    const ending = running;
    running = undefined;
    await ending?.power.off();
  };
  return {
    folder,
    address: settings.link?.address ?? '127.0.0.1',
    ...createGuestPrograms(folder, () => current().line),
    pause: () => current().power.signal('SIGSTOP'),
    resume: async () => running?.power.signal('SIGCONT'),
    powerOff,
    boot: async () => {
      if (running) throw new Error('The guest runs already.');
      const power = await switchOn(kernelSettings(folder, settings));
      powers.push(power);
      running = { power, line: createSerialLine(power.serial) };
      await running.line.ready(120_000);
    },
    processes: async () => (await running?.power.processes()) ?? [],
    console: () => readFile(`${folder}/console`, 'utf8').catch(() => ''),
    close: async () => {
      await powerOff();
      for (const power of powers) await power.end();
    },
  };
}

/** The project's folder, without a slash at its end. */
const project = here('../../..').replace(/\/$/, '');

function kernelSettings(folder: string, { memory = '768M', link }: GuestSettings) {
  const own = { FOLDER: folder, PROJECT: project, NODE: process.execPath, AGENT: here('agent.mjs') };
  const place = { NAME: link?.name ?? 'guest', ADDRESS: link?.address ?? '', HOSTS: link?.hosts ?? '' };
  return {
    folder,
    memory,
    network: link?.network,
    arguments: [
      ...['root=/dev/root', 'rootfstype=hostfs', `rootflags=${folder}/root`, 'rw', `init=${here('init.sh')}`],
      ...['con=null', 'con0=null,fd:1', 'ssl=null', 'ssl0=fd:3', 'quiet', 'panic=-1'],
      ...(link ? [`vec0:transport=tap,ifname=${link.device},depth=128,gro=1`] : []),
      ...Object.entries({ ...own, ...place }).map(([name, value]) => `${name}=${value}`),
    ],
  };
}

function here(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
