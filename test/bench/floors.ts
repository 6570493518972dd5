import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createLinuxHost } from '../../src/host/linux-host.ts';
import { loadSystemCalls } from '../../src/host/system-calls.ts';

/** The machine's own costs, measured for comparison with Holdfast's. */
export interface Floors {
  systemCalls(): Promise<void>;
  spawned(): Promise<void>;
  /** The same at a target of its own, so that several can run at once. */
  spawnedAt(lane: number): Promise<void>;
  replacement(index: number): Promise<unknown>;
  close(): Promise<void>;
}

/** MS_BIND of mount(2). */
const bindFlag = 0x1000;

export async function openFloors(folder: string): Promise<Floors> {
  const [source, target] = [`${folder}/source`, `${folder}/target`];
  for (const path of [source, target]) mkdirSync(path, { recursive: true });
  const calls = await loadSystemCalls();
  if (calls === undefined) throw new Error('koffi does not load here');
  const host = await createLinuxHost({ systemCalls: 'auto' });
  return {
    async systemCalls() {
      calls.mount(source, target, bindFlag);
      calls.unmount(target);
    },
    async spawned() {
      await run('mount', '--bind', source, target);
      await run('umount', target);
    },
    async spawnedAt(lane) {
      const own = `${target}-${lane}`;
      mkdirSync(own, { recursive: true });
      await run('mount', '--bind', source, own);
      await run('umount', own);
    },
    replacement: (index) => host.files.writeText(`${folder}/replaced`, `{"text":${index}}`, 'replace'),
    close: () => host.close(),
  };
}

export async function run(program: string, ...args: readonly string[]): Promise<void> {
  const [code] = await once(spawn(program, args, { stdio: 'ignore' }), 'exit');
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}`);
}
