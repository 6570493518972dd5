import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Ec2Error } from '../api/ec2-error.ts';
import type { Parameters } from '../api/parameters.ts';
import { type Account, ownerId } from './account.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Only for keys of an instance's role. */
  readonly sessionToken?: string;
}

export interface Key {
  readonly credentials: Credentials;
  /** The end of its owner's ARN. */
  readonly name: string;
  /** `ec2:DescribeVolumes`, `ec2:Describe*`, `*`. */
  readonly allow: readonly string[];
}

interface Caller {
  readonly key: Key;
  /** That of the region for which the request was signed. */
  readonly account: Account;
}

export interface Keys {
  issue(name: string, allow: readonly string[], temporary: boolean): Key;
  /** The caller. Any signature of a known key is accepted; the signature itself is not computed. */
  authenticate(headers: IncomingHttpHeaders, regions: ReadonlyMap<string, Account>): Caller;
}

export function createKeys(): Keys {
  const keys = new Map<string, Key>();
  return {
    issue: (name, allow, temporary) => {
      const accessKeyId = `${temporary ? 'ASIA' : 'AKIA'}${randomBytes(8).toString('hex').toUpperCase()}`;
      const secret = { accessKeyId, secretAccessKey: randomBytes(20).toString('hex') };
      const credentials = temporary
        ? { ...secret, sessionToken: randomBytes(30).toString('base64') }
        : secret;
      const key = { credentials, name, allow };
      keys.set(accessKeyId, key);
      return key;
    },
    authenticate: ({ authorization, ...headers }, regions) => {
      const scope = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/ec2\/aws4_request/;
      const [, accessKeyId = '', region = ''] = scope.exec(authorization ?? '') ?? [];
      const key = keys.get(accessKeyId);
      const token = headers['x-amz-security-token'];
      const account = regions.get(region);
      if (key && account && token === key.credentials.sessionToken) return { key, account };
      const message = 'AWS was not able to validate the provided access credentials';
      throw new Ec2Error('AuthFailure', message, 401);
    },
  };
}

/** "To tag a resource on creation the principal needs ec2:CreateTags, too." */
export function authorize(key: Key, action: string, parameters: Parameters): void {
  const tags = parameters.groups('TagSpecification').length > 0 ? ['CreateTags'] : [];
  const refused = [action, ...tags].find((name) => !isAllowed(key.allow, `ec2:${name}`));
  if (refused === undefined) return;
  const who = `User: arn:aws:sts::${ownerId}:assumed-role/${key.name} is not authorized to perform: ec2:${refused}`;
  throw new Ec2Error(
    'UnauthorizedOperation',
    `You are not authorized to perform this operation. ${who} because no identity-based policy allows ` +
      `the ec2:${refused} action. Encoded authorization failure message: ${randomBytes(30).toString('base64url')}`,
    403,
  );
}

function isAllowed(allow: readonly string[], action: string): boolean {
  return allow.some((pattern) => {
    const [prefix = '', ...rest] = pattern.split('*');
    return rest.length === 0 ? pattern === action : action.startsWith(prefix);
  });
}
