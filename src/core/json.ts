/** What the daemon answered: a JSON value of a version that may be newer than this command. */
export type Json = unknown;

export function field(value: Json, key: string): Json {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** The string, or "" if there is none. */
export function textField(value: Json, key: string): string {
  const found = field(value, key);
  return typeof found === 'string' ? found : '';
}

/** Undefined where there is none. */
export function numberField(value: Json, key: string): number | undefined {
  const found = field(value, key);
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined;
}

export function listField(value: Json, key: string): readonly Json[] {
  const found = field(value, key);
  return Array.isArray(found) ? found : [];
}

/** The strings of a map, such as options. */
export function textsField(value: Json, key: string): readonly (readonly [string, string])[] {
  const found = field(value, key);
  return isObject(found) ? Object.entries(found).map(([name, text]) => [name, String(text)]) : [];
}

function isObject(value: Json): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null;
}
