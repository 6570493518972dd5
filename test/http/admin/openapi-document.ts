import fc from 'fast-check';
import { z } from 'zod';

/** The parts of an OpenAPI document that the tests read. */
export interface Operation {
  readonly method: string;
  /** `/v1/drivers/{driver}` */
  readonly path: string;
  readonly parameters: readonly { readonly name: string; readonly in: 'path' | 'query' }[];
  readonly body: unknown;
  /** By status. */
  readonly responses: ReadonlyMap<number, { readonly type: string; readonly schema: z.ZodType }>;
}

const schemaObject = z.record(z.string(), z.unknown());
const content = z.record(z.string(), z.object({ schema: schemaObject }));
const response = z.object({ content });
const document = z.object({
  openapi: z.literal('3.1.0'),
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        operationId: z.string(),
        summary: z.string().min(1),
        parameters: z.array(z.object({ name: z.string(), in: z.enum(['path', 'query']) })),
        requestBody: z.object({ content }).optional(),
        responses: z.record(
          z.string(),
          z.union([response, z.object({ $ref: z.literal('#/components/responses/Error') })]),
        ),
      }),
    ),
  ),
  components: z.object({
    schemas: z.record(z.string(), schemaObject),
    responses: z.object({ Error: response }),
  }),
});

/** The operations that a client finds in the document. Schemas are closed here, so that undocumented fields are errors. */
export function operationsOf(json: unknown): readonly Operation[] {
  const { paths, components } = document.parse(JSON.parse(JSON.stringify(json)));
  const read = (schema: unknown) => readSchema(schema, components.schemas);
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters, requestBody, responses }]) => ({
      method: method.toUpperCase(),
      path,
      parameters,
      body: requestBody?.content['application/json']?.schema,
      responses: new Map(
        Object.entries(responses).map(([status, told]) => {
          const [[type, { schema }] = ['', { schema: {} }]] = Object.entries(
            ('content' in told ? told : components.responses.Error).content,
          );
          return [Number(status), { type, schema: read(schema) }];
        }),
      ),
    })),
  );
}

function readSchema(schema: unknown, named: Readonly<Record<string, unknown>>): z.ZodType {
  const whole = { ...schemaObject.parse(closed(schema)), $defs: closed(named) };
  return z.fromJSONSchema(JSON.parse(JSON.stringify(whole).replaceAll('#/components/schemas/', '#/$defs/')));
}

function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, closed(each)]));
  return 'properties' in inner ? { additionalProperties: false, ...inner } : inner;
}

/** Values that match a request's schema, and sometimes one that does not. */
export function valuesOf(schema: unknown): fc.Arbitrary<unknown> {
  const read = z
    .object({
      type: z.unknown(),
      enum: z.array(z.string()),
      properties: schemaObject,
      required: z.array(z.string()),
      items: z.unknown(),
    })
    .partial()
    .catch({})
    .parse(schema);
  const wrong = { weight: 1, arbitrary: fc.jsonValue() };
  if (read.properties !== undefined) {
    const fields = Object.entries(read.properties).map(([key, inner]) => [key, valuesOf(inner)]);
    const made = fc.record<Record<string, unknown>>(Object.fromEntries(fields), {
      requiredKeys: [...(read.required ?? [])],
    });
    return fc.oneof({ weight: 9, arbitrary: made }, wrong);
  }
  if (read.enum !== undefined)
    return fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...read.enum) }, wrong);
  if (read.type === 'string')
    return fc.oneof(
      { weight: 9, arbitrary: fc.oneof({ weight: 4, arbitrary: fc.constant('db') }, fc.string()) },
      wrong,
    );
  if (read.type === 'boolean') return fc.oneof({ weight: 9, arbitrary: fc.boolean() }, wrong);
  if (read.type === 'array')
    return fc.oneof({ weight: 9, arbitrary: fc.array(valuesOf(read.items), { maxLength: 2 }) }, wrong);
  return fc.oneof({ weight: 9, arbitrary: fc.dictionary(fc.string(), fc.string()) }, wrong);
}
