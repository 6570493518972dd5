import type { IncomingMessage } from 'node:http';
import type { Request } from 'express';
import type { z } from 'zod';
import { quote } from '../../core/names.ts';
import { suggestion } from '../../core/nearest.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { VolumeDriver } from '../../driver/volume-driver.ts';
import { readBody } from '../read-body.ts';

/** The body of a call. Rejects with `invalid`, naming the field. */
export async function readJson<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  return readWith(schema, parseJson((await readBody(request)) || '{}'), 'request');
}

/** The query of a call. Throws `invalid`, naming the field, for example if it is given twice. */
export function readQuery<T>({ query }: Request, schema: z.ZodType<T>): T {
  return readWith(schema, query, 'query');
}

/** Throws `not-found`, naming the nearest driver. */
export function driverNamed(drivers: ReadonlyMap<string, VolumeDriver>, name: string): VolumeDriver {
  const driver = drivers.get(name);
  if (driver !== undefined) return driver;
  const names = [...drivers.keys()];
  const hint = suggestion(name, names, `The drivers are ${names.join(', ')}.`);
  throw new VolumeError('not-found', `There is no driver ${quote(name)}. ${hint}`);
}

function readWith<T>(schema: z.ZodType<T>, value: unknown, what: 'request' | 'query'): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const field = issue?.path.map(String).join('.');
  throw new VolumeError(
    'invalid',
    `The ${what} is wrong${field ? ` at ${quote(field)}` : ''}: ${issue?.message}.`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new VolumeError('invalid', 'The request is not JSON: send an object.', { cause });
  }
}
