import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { compare } from './compare.ts';
import { callFor, createVolumes, startHoldfast } from './holdfast.ts';
import { openConnection } from './load-client.ts';
import { median } from './measure.ts';
import type { Workshop } from './workshop.ts';

const rounds = 10;
const few = { warmUp: 1, times: 5 };
const many = Array.from({ length: 100 }, (_, index) => `v${index}`);

/** The cost for an agent that calls `dvdcli` for each task and volume, compared with a Node process that does nothing. */
export async function benchMesos({ report, folder, memory }: Workshop): Promise<void> {
  const server = await startHoldfast(join(folder, 'holdfast'), memory);
  const sockets = join(folder, 'holdfast/plugins');
  const dvdcli = (verb: string, name: string, ...more: readonly string[]) =>
    node(sockets, [program, verb, '--volumedriver=holdfast', `--volumename=${name}`, ...more]);
  const empty = () => node(sockets, ['-e', '0']);
  try {
    await createVolumes(server.socketPath, 0, many.length);
    await dvdcli('mount', 'v0');
    report.heading('One dvdcli', 'p95');
    const figures = await compare(rounds, { name: 'one `node -e 0`', effort: few, act: empty }, [
      { name: '`dvdcli mount` of a mounted volume', effort: few, act: () => dvdcli('mount', 'v0') },
      {
        name: '`dvdcli mount` of a mounted volume, with an option',
        effort: few,
        act: () => dvdcli('mount', 'v0', '--volumeopts=mode=0755'),
      },
      { name: '`dvdcli unmount`', effort: few, act: () => dvdcli('unmount', 'v99') },
    ]);
    report.comparison(figures, 'p95');
    await benchAtOnce(report, server.socketPath, empty, (name) => dvdcli('mount', name));
  } finally {
    const connection = await openConnection(server.socketPath);
    for (const name of many) await callFor(connection)('Unmount', name);
    connection.close();
    await server.stop();
  }
}

const program = join(process.cwd(), 'dist/dvdcli/main.js');

/** A hundred at once, each with a volume that is not mounted yet. */
async function benchAtOnce(
  report: Workshop['report'],
  socketPath: string,
  empty: () => Promise<void>,
  mount: (name: string) => Promise<void>,
): Promise<void> {
  const connection = await openConnection(socketPath);
  const floors: number[] = [];
  const mounts: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    for (const name of many) await callFor(connection)('Unmount', name);
    floors.push(await elapsed(() => Promise.all(many.map(empty))));
    mounts.push(await elapsed(() => Promise.all(many.map(mount))));
  }
  connection.close();
  const ratio = median(mounts.map((time, index) => time / (floors[index] ?? Number.NaN)));
  report.line('\n### A hundred at once\n');
  report.line('| what | until the last has ended | ratio |');
  report.line('|---|---|---|');
  report.line(`| 100 × \`node -e 0\` | ${median(floors).toFixed(0)} ms | the floor |`);
  report.line(
    `| 100 × \`dvdcli mount\`, each of another volume | ${median(mounts).toFixed(0)} ms | ${ratio.toFixed(2)} |`,
  );
}

async function elapsed(act: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await act();
  return performance.now() - began;
}

/** Runs a program as an agent does: no input, and both outputs read to their ends. */
async function node(sockets: string, words: readonly string[]): Promise<void> {
  const env = { ...process.env, HOLDFAST_SOCKET_DIR: sockets };
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'], env });
  const [, said, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}: ${said}`);
}
