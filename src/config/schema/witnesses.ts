import * as z from 'zod/mini';
import { once } from '../../core/once.ts';
import { absolutePath, duration } from './fields.ts';

const witnessAddress = once(() =>
  z.pipe(
    z
      .string('must be a URL such as https://master1.example:5050')
      .check(
        z.regex(
          /^(https?:\/\/[^\s@?#]+|unix:\/\/\/[^\s?#]+)$/,
          'must be a URL such as https://master1.example:5050, without user, password, "?" and "#", or unix:///var/run/docker.sock',
        ),
      ),
    z.transform((text) => text.replace(/\/+$/, '')),
  ),
);

const tls = once(() =>
  z.strictObject({
    ca: z
      .optional(absolutePath)
      .check(
        z.describe(
          "The file (PEM) of the authority that signed the servers' certificates; by default those of the system.",
        ),
      ),
    certificate: z
      .optional(absolutePath)
      .check(z.describe("The file (PEM) of Holdfast's own certificate, such as for a Swarm manager.")),
    key: z.optional(absolutePath).check(z.describe('The file (PEM) of its key.')),
  }),
);

/** What stands below `witnesses.<name>`. */
export const witnessSchema = once(() =>
  z.strictObject({
    kind: z
      .enum(['mesos', 'swarm'])
      .check(z.describe('Who is asked: the masters of Mesos, or the managers of a Swarm.')),
    addresses: z
      .array(witnessAddress())
      .check(
        z.minLength(1, 'must name at least one'),
        z.describe(
          'All masters, or the managers, such as `https://master1.example:5050`; for a Swarm also `unix:///var/run/docker.sock`.',
        ),
      ),
    credentialsFile: z
      .optional(absolutePath)
      .check(
        z.describe(
          'The file with Holdfast\'s credentials: Mesos\' own `{"principal", "secret"}`, `{"token"}`, or the value of an Authorization header. Read at each use.',
        ),
      ),
    tls: z.prefault(tls(), {}).check(z.describe('TLS for the connections to the servers.')),
    match: z
      ._default(z.enum(['hostname', 'attribute']), 'hostname')
      .check(
        z.describe(
          "How an agent is matched with a machine. `hostname`: the agent's host name is the machine's private DNS name, the first label of that, or its private address. `attribute`: an attribute of the agent (a label of a Swarm node) is the machine's ID.",
        ),
      ),
    attribute: z
      ._default(z.string().check(z.minLength(1, 'is empty')), 'instance-id')
      .check(z.describe('The name of the attribute or label.')),
    hosts: z
      .prefault(z.record(z.string(), z.string().check(z.minLength(1, 'is empty'))), {})
      .check(
        z.describe(
          "Agents' host names by machine ID, for machines that cannot be matched otherwise: `{i-0123456789abcdef0: db1.example}`.",
        ),
      ),
    settled: z
      .prefault(duration, '1m')
      .check(
        z.describe(
          'How long a Mesos master must have been the leader before its report of a dead agent counts.',
        ),
      ),
    refresh: z
      .prefault(
        duration.check(z.refine((milliseconds) => milliseconds >= 10_000, 'must be at least 10s')),
        '5m',
      )
      .check(
        z.describe(
          'How often the list of agents is read and stored, because Mesos does not report host names of unreachable agents.',
        ),
      ),
  }),
);
