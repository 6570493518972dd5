import type { IncomingMessage } from 'node:http';
import type { Request } from 'express';
import * as z from 'zod/mini';
import { quote } from '../../core/names.ts';
import { suggestion } from '../../core/nearest.ts';
import { once } from '../../core/once.ts';
import { VolumeError } from '../../core/volume-error.ts';
import type { VolumeDriver } from '../../driver/volume-driver.ts';
import { readBody } from '../read-body.ts';

/** The body of a call. Rejects with `invalid`, naming the field. */
export async function readJson<T>(request: IncomingMessage, schema: z.ZodMiniType<T>): Promise<T> {
  return readWith(schema, parseJson((await readBody(request)) || '{}'), 'request');
}

/** The query of a call. Throws `invalid`, naming the field, for example if it is given twice. */
export function readQuery<T>({ query }: Request, schema: z.ZodMiniType<T>): T {
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

const english = once(() => z.locales.en().localeError);

function readWith<T>(schema: z.ZodMiniType<T>, value: unknown, what: 'request' | 'query'): T {
  const read = schema.safeParse(value, { error: (issue) => english()(issue) });
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
