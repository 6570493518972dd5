import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createLinuxHost } from '../../src/host/linux-host.ts';
import { loadSystemCalls } from '../../src/host/system-calls.ts';
import { measure, type Timing } from './measure.ts';

/** MS_BIND of mount(2). */
const bindFlag = 0x1000;

/** What the machine itself needs, measured in the same run. */
export interface Floors {
  readonly systemCalls: Timing;
  readonly spawned: Timing;
  readonly replacement: Timing;
}

export async function measureFloors(folder: string): Promise<Floors> {
  const [source, target] = [`${folder}/source`, `${folder}/target`];
  for (const path of [source, target]) mkdirSync(path, { recursive: true });
  const calls = await loadSystemCalls();
  if (calls === undefined) throw new Error('koffi does not load here');
  const host = await createLinuxHost({ systemCalls: 'auto' });
  const floors = {
    systemCalls: await measure({ warmUp: 200, times: 1000 }, async () => {
      calls.mount(source, target, bindFlag);
      calls.unmount(target);
    }),
    spawned: await measure({ warmUp: 5, times: 100 }, async () => {
      await run('mount', '--bind', source, target);
      await run('umount', target);
    }),
    replacement: await measure({ warmUp: 20, times: 300 }, (index) =>
      host.files.writeText(`${folder}/replaced`, `{"text":${index}}`, 'replace'),
    ),
  };
  await host.close();
  return floors;
}

async function run(program: string, ...args: readonly string[]): Promise<void> {
  const [code] = await once(spawn(program, args, { stdio: 'ignore' }), 'exit');
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}`);
}
