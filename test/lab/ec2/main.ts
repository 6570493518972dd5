import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { awsDelays, awsLatency, noDelays } from './cloud/delays.ts';
import type { Instance } from './cloud/instance.ts';
import { createEc2Endpoint, type Ec2Endpoint } from './endpoint.ts';

/** A simulated EC2, to try Holdfast without AWS. README.md explains its use. */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    instances: { type: 'string', default: '2' },
    type: { type: 'string', default: 'm5.large' },
    folder: { type: 'string' },
    fast: { type: 'boolean', default: false },
  },
});

const states = ['pending', 'running', 'stopping', 'stopped', 'shutting-down', 'terminated', 'gone'] as const;

const endpoint = await createEc2Endpoint({
  port: Number(values.port),
  disks: process.getuid?.() === 0 ? 'loop' : 'none',
  delays: values.fast ? noDelays : awsDelays,
  latency: values.fast ? () => 0 : () => awsLatency(),
  ...(values.folder === undefined ? {} : { folder: values.folder }),
});
const instances: Instance[] = [];
for (let made = 0; made < Number(values.instances); made += 1) {
  instances.push(await endpoint.addInstance({ type: values.type }));
}
print(introduction(endpoint, instances));
const input = createInterface({ input: process.stdin });
input.on('line', (line) => void obey(line));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end());

/** `i-0123… stopped` */
async function obey(line: string): Promise<void> {
  const [id, word] = line.trim().split(/\s+/);
  const instance = instances.find((one) => one.id === id);
  const state = states.find((one) => one === word);
  if (!instance || !state) return print(`Say: INSTANCE ${states.join('|')}`);
  await instance.setState(state).catch((error: unknown) => print(String(error)));
}

async function end(): Promise<void> {
  input.close();
  await endpoint.close();
}

function introduction({ url, region, credentials }: Ec2Endpoint, hosts: readonly Instance[]): string {
  const keys = `AWS_ACCESS_KEY_ID=${credentials.accessKeyId} AWS_SECRET_ACCESS_KEY=${credentials.secretAccessKey}`;
  const lines = hosts.map(
    ({ id, zone, imdsUrl, folder }) =>
      `${id} in ${zone}\n  AWS_EC2_METADATA_SERVICE_ENDPOINT=${imdsUrl}\n  devices below ${folder}/dev`,
  );
  return [`EC2 in ${region}: ${url}`, keys, ...lines].join('\n');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
