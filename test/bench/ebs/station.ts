import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Timings } from '../../../src/driver/timings.ts';
import { fullPages } from '../../lab/ec2/api/paging.ts';
import type { Throttle } from '../../lab/ec2/api/throttle.ts';
import { awsDelays, awsLatency } from '../../lab/ec2/cloud/delays.ts';
import { createEc2Endpoint, type Ec2Endpoint } from '../../lab/ec2/endpoint.ts';
import { type ServerProcess, startServer } from '../server-process.ts';
import type { Workshop } from '../workshop.ts';
import type { EbsDaemonOrders } from './daemon.ts';

/** An EC2 with AWS's durations and throttling, and one instance that runs Holdfast. */
export interface Station {
  readonly endpoint: Ec2Endpoint;
  start(settings?: object, timings?: Partial<Timings>): Promise<ServerProcess>;
  /** Milliseconds that programs with this name ran since the last call. */
  programs(name: string): number;
  /** Starts to measure the time for which EC2 has unanswered requests or unfinished changes. */
  watch(): { end(): { readonly took: number; readonly ownTime: number } };
  close(): Promise<void>;
}

/** Milliseconds between two looks at what EC2 is doing. */
const sampling = 4;

export async function openStation(workshop: Workshop, throttle: Throttle): Promise<Station> {
  let answeredBy = 0;
  const latency = () => {
    const drawn = awsLatency();
    answeredBy = Math.max(answeredBy, performance.now() + drawn);
    return drawn;
  };
  const endpoint = await createEc2Endpoint({
    ...{ disks: 'loop', delays: awsDelays, latency, throttle },
    // Requests are counted: empty pages would count as well.
    pages: fullPages,
  });
  // A higher limit than that of most types, so that all of Holdfast's device names can be used.
  const instance = await endpoint.addInstance({ type: 'm7i.large', attachLimit: 60 });
  const home = join(workshop.folder, `ebs-${instance.id}`);
  mkdirSync(home);
  const devices = () => readdirSync(join(instance.folder, 'dev')).filter((name) => name.startsWith('nvme'));
  const isBusy = () => performance.now() < answeredBy || changes(endpoint, devices().length);
  return {
    endpoint,
    start(settings = {}, timings = {}) {
      const { url, region, credentials } = endpoint;
      const orders: EbsDaemonOrders = {
        ...{ endpoint: url, region, credentials, home, settings: { ...settings }, timings },
        ...{ zone: instance.zone, instanceId: instance.id, instanceFolder: instance.folder },
        runtimeDir: join(workshop.memory, instance.id),
        socketPath: join(home, 'holdfast.sock'),
      };
      const program = fileURLToPath(new URL('daemon.js', import.meta.url));
      return startServer([program, JSON.stringify(orders)], orders.socketPath);
    },
    programs(name) {
      const file = join(home, 'programs');
      const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
      rmSync(file, { force: true });
      const lines = text.split('\n').map((line) => line.split(' '));
      return lines.filter(([program]) => program === name).reduce((sum, [, ms]) => sum + Number(ms), 0);
    },
    watch: () => watch(isBusy),
    close: () => endpoint.close(),
  };
}

/** Whether a volume is being made, attached or detached, or its device has not appeared yet. */
function changes(endpoint: Ec2Endpoint, devices: number): boolean {
  const volumes = endpoint.volumes();
  const states = volumes.flatMap(({ attachment }) => (attachment ? [attachment.status] : []));
  const isChanging = volumes.some(({ status }) => status === 'creating');
  return isChanging || states.some((state) => state !== 'attached') || states.length > devices;
}

function watch(isBusy: () => boolean) {
  const began = performance.now();
  let last = began;
  let ownTime = 0;
  const look = () => {
    const now = performance.now();
    if (isBusy()) ownTime += now - last;
    last = now;
  };
  const timer = setInterval(look, sampling);
  return {
    end() {
      clearInterval(timer);
      look();
      return { took: performance.now() - began, ownTime };
    },
  };
}

/** The number of requests of each action, the highest first. */
export function countActions(endpoint: Ec2Endpoint): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { action } of endpoint.requests()) counts.set(action, (counts.get(action) ?? 0) + 1);
  return new Map([...counts].sort(([, a], [, b]) => b - a));
}

export function actionsInWords(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([action, count]) => `${action} ${count}`).join(', ') || 'none';
}
