import fc from 'fast-check';

export interface PlaceOfSecret {
  /** Possible secrets; long enough not to occur in the surrounding text by chance. */
  readonly secret: fc.Arbitrary<string>;
  readonly place: (secret: string) => string;
}

const letters = [...'ABCDEFGHJKLMNPQRSTUVWXYZbcdfghjkmnpqvwxyz23456789'];
const marked = (more: readonly string[]) =>
  fc
    .string({ unit: fc.constantFrom(...letters, ...more), minLength: 0, maxLength: 30 })
    .map((text) => `Zq7${text}Kx9`);
/** One word. */
const word = marked([...'._~+/=-!$%*^?#']);
/** Characters within quotes. */
const anything = marked([...' "\'\\,;&<>{}@:/', '\n', 'ü', '=']);
const capitals = fc
  .string({ unit: fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'), minLength: 16, maxLength: 16 })
  .map((text) => text);

/** The forms in which programs, servers and SDKs write secrets. */
export const placesOfSecrets: readonly (readonly [string, PlaceOfSecret])[] = [
  ['password=x', { secret: word, place: (text) => `password=${text}` }],
  ['password: x', { secret: word, place: (text) => `password: ${text}` }],
  ['Password:x', { secret: marked([...'_~+=-!']), place: (text) => `Password:${text}` }],
  ['words with spaces', { secret: word, place: (text) => `secret access key: ${text}` }],
  ['an API key', { secret: word, place: (text) => `X-Api-Key: ${text}` }],
  ['a cookie', { secret: word, place: (text) => `Set-Cookie: ${text}` }],
  ['a quoted value', { secret: marked([...' ,;&<>:@=']), place: (text) => `db_passwd = "${text}"` }],
  ['JSON', { secret: anything, place: (text) => JSON.stringify({ sessionToken: text }) }],
  [
    'JSON with spaces',
    { secret: anything, place: (text) => JSON.stringify({ clientSecret: text }, undefined, 1) },
  ],
  [
    'JSON in JSON',
    { secret: marked([...' ,;&<>@=']), place: (text) => JSON.stringify(JSON.stringify({ password: text })) },
  ],
  ['an argument', { secret: word, place: (text) => `mount.x --password ${text}` }],
  ['an argument with =', { secret: word, place: (text) => `mount.x --auth-token=${text}` }],
  ['a list of mount options', { secret: word, place: (text) => `-o username=me,pass=${text},ro` }],
  ['an HTTP header', { secret: word, place: (text) => `Authorization: Bearer ${text}` }],
  ['a basic header', { secret: word, place: (text) => `authorization: Basic ${text}` }],
  ['a header without a scheme', { secret: word, place: (text) => `Authorization: ${text}` }],
  ['headers in JSON', { secret: word, place: (text) => JSON.stringify({ Authorization: `Bearer ${text}` }) }],
  ['a bearer', { secret: word, place: (text) => `sent Bearer ${text}` }],
  ['a URL', { secret: marked([...'/@:._~-!$']), place: (text) => `https://user:${text}@host/path` }],
  [
    'an address without a scheme',
    { secret: marked([...'._~-!$']), place: (text) => `user:${text}@host.example` },
  ],
  [
    'a query',
    { secret: marked([...'%._~-']), place: (text) => `GET /?X-Amz-Security-Token=${text}&Action=x` },
  ],
  ['a signature', { secret: marked([...'%._~-']), place: (text) => `SignedHeaders=host, Signature=${text}` }],
  [
    'the token of the metadata service',
    { secret: word, place: (text) => `X-aws-ec2-metadata-token: ${text}` },
  ],
  [
    'a bare token of the metadata service',
    {
      secret: marked([...'_-']).map((text) => `AQAEA${text}0123456789abcdef==`),
      place: (text) => `it said ${text}`,
    },
  ],
  ['an environment', { secret: marked([...'/+=']), place: (text) => `AWS_SECRET_ACCESS_KEY=${text}` }],
  ['a credentials file', { secret: marked([...'/+=']), place: (text) => `aws_secret_access_key = ${text}` }],
  ['XML', { secret: marked([...'/+=']), place: (text) => `<SecretAccessKey>${text}</SecretAccessKey>` }],
  ['an access key ID', { secret: capitals.map((text) => `AKIA${text}`), place: (text) => `by ${text}` }],
  [
    'a temporary access key ID',
    { secret: capitals.map((text) => `ASIA${text}`), place: (text) => `Credential=${text}/20260101` },
  ],
  [
    'a PEM key',
    {
      secret: marked([...'/+\n']),
      place: (text) => `-----BEGIN RSA PRIVATE KEY-----\n${text}\n-----END RSA PRIVATE KEY-----`,
    },
  ],
];
