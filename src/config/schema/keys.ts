import * as z from 'zod/mini';
import { isTree, type Tree } from '../tree.ts';

export type ValueKind = 'text' | 'number' | 'switch' | 'list' | 'map';

/** One key of a schema, as the documentation lists it. */
export interface SchemaKey {
  readonly path: readonly string[];
  readonly kind: ValueKind;
  readonly description: string;
  /** As one would write it; undefined: none. */
  readonly default: unknown;
  readonly required: boolean;
  /** The values it takes, where they are few. */
  readonly choices: readonly string[];
}

/** The keys that hold values; those of a map with known keys stand for themselves. */
export function schemaKeys(schema: z.ZodMiniObject): readonly SchemaKey[] {
  const described: unknown = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return isTree(described) ? keysBelow(described, []) : [];
}

function keysBelow(object: Tree, above: readonly string[]): readonly SchemaKey[] {
  const properties = isTree(object.properties) ? object.properties : {};
  const required: readonly unknown[] = Array.isArray(object.required) ? object.required : [];
  return Object.entries(properties).flatMap(([key, property]) => {
    if (!isTree(property)) return [];
    const path = [...above, key];
    if (isTree(property.properties)) return keysBelow(property, path);
    return [keyOf(path, property, required.includes(key))];
  });
}

function keyOf(path: readonly string[], property: Tree, required: boolean): SchemaKey {
  return {
    path,
    kind: kindOf(property.type),
    description: typeof property.description === 'string' ? property.description : '',
    default: property.default,
    required,
    choices: Array.isArray(property.enum) ? property.enum.map(String) : [],
  };
}

function kindOf(type: unknown): ValueKind {
  if (type === 'number' || type === 'integer') return 'number';
  if (type === 'boolean') return 'switch';
  if (type === 'array') return 'list';
  return type === 'object' ? 'map' : 'text';
}
