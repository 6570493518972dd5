import * as z from 'zod';
import { once } from '../core/once.ts';
import { absolutePath, duration } from './schema.ts';

const witnessAddress = once(() =>
  z
    .string('must be a URL such as https://master1.example:5050')
    .regex(
      /^(https?:\/\/[^\s@?#]+|unix:\/\/\/[^\s?#]+)$/,
      'must be a URL such as https://master1.example:5050, without user, password, "?" and "#", or unix:///var/run/docker.sock',
    )
    .pipe(z.transform((text) => text.replace(/\/+$/, ''))),
);

const tls = once(() =>
  z.strictObject({
    ca: absolutePath
      .optional()
      .describe(
        "The file (PEM) of the authority that signed the servers' certificates; by default those of the system.",
      ),
    certificate: absolutePath
      .optional()
      .describe("The file (PEM) of Holdfast's own certificate, such as for a Swarm manager."),
    key: absolutePath.optional().describe('The file (PEM) of its key.'),
  }),
);

/** What stands below `witnesses.<name>`. */
export const witnessSchema = once(() =>
  z.strictObject({
    kind: z
      .enum(['mesos', 'swarm'])
      .describe('Who is asked: the masters of Mesos, or the managers of a Swarm.'),
    addresses: z
      .array(witnessAddress())
      .min(1, 'must name at least one')
      .describe(
        'All masters, or the managers, such as `https://master1.example:5050`; for a Swarm also `unix:///var/run/docker.sock`.',
      ),
    credentialsFile: absolutePath
      .optional()
      .describe(
        'The file with Holdfast\'s credentials: Mesos\' own `{"principal", "secret"}`, `{"token"}`, or the value of an Authorization header. Read at each use.',
      ),
    tls: tls().prefault({}).describe('TLS for the connections to the servers.'),
    match: z
      .enum(['hostname', 'attribute'])
      .default('hostname')
      .describe(
        "How an agent is matched with a machine. `hostname`: the agent's host name is the machine's private DNS name, the first label of that, or its private address. `attribute`: an attribute of the agent (a label of a Swarm node) is the machine's ID.",
      ),
    attribute: z
      .string()
      .min(1, 'is empty')
      .default('instance-id')
      .describe('The name of the attribute or label.'),
    hosts: z
      .record(z.string(), z.string().min(1, 'is empty'))
      .prefault({})
      .describe(
        "Agents' host names by machine ID, for machines that cannot be matched otherwise: `{i-0123456789abcdef0: db1.example}`.",
      ),
    settled: duration
      .prefault('1m')
      .describe(
        'How long a Mesos master must have been the leader before its report of a dead agent counts.',
      ),
    refresh: duration
      .refine((milliseconds) => milliseconds >= 10_000, 'must be at least 10s')
      .prefault('5m')
      .describe(
        'How often the list of agents is read and stored, because Mesos does not report host names of unreachable agents.',
      ),
  }),
);
