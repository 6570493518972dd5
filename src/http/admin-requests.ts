import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { quote } from '../core/names.ts';
import { nearest } from '../core/nearest.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { VolumeDriver } from '../driver/volume-driver.ts';
import { readBody } from './read-body.ts';

const createRequest = z.strictObject({
  name: z.string(),
  options: z.unknown().optional(),
});
const undeleteRequest = z.strictObject({ id: z.string().min(1).optional() });

export type CreateRequest = z.output<typeof createRequest>;
export type UndeleteRequest = z.output<typeof undeleteRequest>;

/** Both reject with `invalid`, naming the field. */
export function readCreateRequest(request: IncomingMessage): Promise<CreateRequest> {
  return readRequest(request, createRequest);
}

export function readUndeleteRequest(request: IncomingMessage): Promise<UndeleteRequest> {
  return readRequest(request, undeleteRequest);
}

/** Throws `not-found`, naming the nearest driver. */
export function driverNamed(drivers: ReadonlyMap<string, VolumeDriver>, name: string): VolumeDriver {
  const driver = drivers.get(name);
  if (driver !== undefined) return driver;
  const near = nearest(name, [...drivers.keys()]);
  const hint =
    near === undefined ? `The drivers are ${[...drivers.keys()].join(', ')}.` : `Did you mean ${near}?`;
  throw new VolumeError('not-found', `There is no driver ${quote(name)}. ${hint}`);
}

async function readRequest<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  const read = schema.safeParse(parseJson((await readBody(request)) || '{}'));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const field = issue?.path.map(String).join('.');
  throw new VolumeError(
    'invalid',
    `The request is wrong${field ? ` at ${quote(field)}` : ''}: ${issue?.message}.`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new VolumeError('invalid', 'The request is not JSON: send an object.', { cause });
  }
}
