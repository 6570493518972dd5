import * as z from 'zod/mini';
import { absolutePath } from './fields.ts';

const adminTls = z.strictObject({
  certificate: z
    .optional(absolutePath)
    .check(z.describe('The file (PEM) of the certificate, with its chain. Read at the start.')),
  key: z.optional(absolutePath).check(z.describe('The file (PEM) of its key. Read at the start.')),
});

/** What stands below `admin`. */
export const adminSchema = z.strictObject({
  listen: z
    .optional(z.string())
    .check(
      z.describe(
        'IP address and port where the admin API is also served by TCP, such as `127.0.0.1:7777`. Off by default.',
      ),
    ),
  tokenFile: z
    .optional(absolutePath)
    .check(
      z.describe(
        'With `admin.listen`: the file of the token that callers send. Only its owner may write it, and only owner and group may read it. Read for each request.',
      ),
    ),
  tls: z.prefault(adminTls, {}).check(z.describe('With `admin.listen`: TLS.')),
  openMetrics: z
    ._default(z.boolean(), false)
    .check(
      z.describe(
        'With `admin.listen`: whether `GET /metrics` needs no token. `GET /health/live` and `GET /health/ready` never do.',
      ),
    ),
  page: z
    ._default(z.boolean(), false)
    .check(
      z.describe(
        'With `admin.listen`: whether the page in the browser is served at `/` of that address. Its files need no token, and what it shows does.',
      ),
    ),
  allowPlain: z
    ._default(z.boolean(), false)
    .check(
      z.describe(
        'With `admin.listen`: whether an address that other hosts can reach may be used without `admin.tls`, because something else encrypts.',
      ),
    ),
});
