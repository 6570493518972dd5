import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Listener, listen } from './api/http-listener.ts';
import { isoTime, ownerId } from './cloud/account.ts';
import type { Clock } from './cloud/clock.ts';
import type { Key } from './cloud/keys.ts';
import type { Machine } from './cloud/resources.ts';

/** The instance metadata service of one instance, version 2 only ("Use the Instance Metadata Service"). */
export interface MetadataParts {
  readonly clock: Clock;
  readonly region: string;
  readonly machine: Machine;
  readonly role: Key;
  /** Network hops to the caller: 1 on the instance itself, 2 in a container with its own network. */
  readonly hops: () => number;
}

const longest = 21_600;

export function serveMetadata(parts: MetadataParts): Promise<Listener> {
  const tokens = new Map<string, number>();
  return listen(async (request, response) => {
    if (request.method === 'PUT' && request.url === '/latest/api/token') {
      giveToken(parts, tokens, request, response);
      return;
    }
    const token = String(request.headers['x-aws-ec2-metadata-token'] ?? '');
    if ((tokens.get(token) ?? 0) <= parts.clock.now()) {
      response.writeHead(401).end();
      return;
    }
    const text = request.method === 'GET' ? textAt(parts, request.url ?? '') : undefined;
    response.writeHead(text === undefined ? 404 : 200, { 'Content-Type': 'text/plain' }).end(text ?? '');
  });
}

function giveToken(
  parts: MetadataParts,
  tokens: Map<string, number>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (request.headers['x-forwarded-for'] !== undefined) {
    response.writeHead(403).end();
    return;
  }
  const seconds = Number(request.headers['x-aws-ec2-metadata-token-ttl-seconds']);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > longest) {
    response.writeHead(400).end();
    return;
  }
  // The answer's packets have the hop limit as their TTL, so they do not get further.
  if (parts.hops() > parts.machine.hopLimit) return;
  const token = randomBytes(40).toString('base64');
  tokens.set(token, parts.clock.now() + seconds * 1000);
  response.writeHead(200, { 'x-aws-ec2-metadata-token-ttl-seconds': String(seconds) }).end(token);
}

function textAt({ region, machine, role }: MetadataParts, url: string): string | undefined {
  const { id, zone, type } = machine;
  const roleName = role.name.split('/')[0] ?? role.name;
  const texts: Readonly<Record<string, string>> = {
    'meta-data/instance-id': id,
    'meta-data/instance-type': type,
    'meta-data/placement/region': region,
    'meta-data/placement/availability-zone': zone,
    'meta-data/iam/security-credentials': roleName,
    [`meta-data/iam/security-credentials/${roleName}`]: credentialsText(role),
    'dynamic/instance-identity/document': JSON.stringify({
      accountId: ownerId,
      availabilityZone: zone,
      instanceId: id,
      instanceType: type,
      region,
    }),
  };
  const path = url.replace(/^\/latest\//, '').replace(/\/$/, '');
  return url.startsWith('/latest/') && Object.hasOwn(texts, path) ? texts[path] : undefined;
}

/** Uses the real time, as the SDK does. */
function credentialsText({ credentials }: Key): string {
  const now = Date.now();
  return JSON.stringify({
    Code: 'Success',
    LastUpdated: isoTime(now),
    Type: 'AWS-HMAC',
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    Token: credentials.sessionToken,
    Expiration: isoTime(now + 6 * 3600 * 1000),
  });
}
