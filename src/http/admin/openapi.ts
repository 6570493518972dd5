import * as z from 'zod/mini';
import { errorCodes } from '../../core/volume-error.ts';
import { httpStatus } from '../error-table.ts';
import type { Call } from './call.ts';
import { calls } from './protocol.ts';
import { errorBody } from './shapes/common.ts';

type Json = Readonly<Record<string, unknown>>;

/** The OpenAPI 3.1 document of the admin API. Objects may get more fields later, so none is closed. */
export function openApiDocument(): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const [id, call] of Object.entries<Call>(calls)) {
    const path = call.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [call.method]: operation(id, call) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Holdfast admin API',
      version: '1',
      description: 'The API for the `holdfast` command.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    // No token on the Unix socket, which only root opens.
    security: [{}, { token: [] }],
    components: {
      schemas: namedSchemas(),
      responses: { Error: errorResponse },
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  };
}

/** By TCP, without the right token. */
const unauthorized = 401;

const errorResponse = {
  description: 'The call failed.',
  content: { 'application/json': { schema: jsonSchema(errorBody) } },
};

function operation(id: string, call: Call): Json {
  const failed = [...new Set([unauthorized, ...errorCodes.map(httpStatus)])].sort((a, b) => a - b);
  return {
    operationId: id,
    summary: call.does.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1'),
    parameters: [
      ...[...call.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
        name,
        in: 'path',
        required: true,
        schema: { type: 'string' },
      })),
      ...Object.entries(call.query?.shape ?? {}).map(([name, schema]) => ({
        name,
        in: 'query',
        required: false,
        schema: jsonSchema(schema),
      })),
    ],
    ...(call.body === undefined
      ? {}
      : { requestBody: { content: { 'application/json': { schema: jsonSchema(call.body) } } } }),
    responses: {
      [call.status ?? 200]: {
        description: 'Done.',
        content: { [call.type ?? 'application/json']: { schema: jsonSchema(call.answer) } },
      },
      ...Object.fromEntries(failed.map((status) => [status, { $ref: '#/components/responses/Error' }])),
      ...(call.verdict === undefined ? {} : { 503: sick(call) }),
    },
  };
}

function sick({ answer }: Call): Json {
  const schema = { anyOf: [jsonSchema(answer), jsonSchema(errorBody)] };
  return { description: 'It is unhealthy.', content: { 'application/json': { schema } } };
}

/** The schemas with an ID, by that ID. */
function namedSchemas(): Json {
  const whole = z.union(Object.values<Call>(calls).map(({ answer }) => answer));
  const { $defs = {} } = z.toJSONSchema(z.union([whole, errorBody]), { io: 'input', override: plain });
  return withRefs($defs);
}

function jsonSchema(schema: z.core.$ZodType): unknown {
  const { $schema, $defs, ...rest } = z.toJSONSchema(schema, { io: 'input', override: plain });
  return withRefs(rest);
}

/** Fields that are read-only in this program are not so for a client. */
function plain({ jsonSchema: made }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  delete made.readOnly;
}

function withRefs(value: Json): Json {
  return JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/'));
}
