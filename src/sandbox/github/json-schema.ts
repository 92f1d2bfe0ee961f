// OpenAPI 3.0 as JSON Schema: `nullable` becomes a second type. The rest of what GitHub uses is the same in both.

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A copy in which every `nullable: true` is spelled the JSON Schema way. */
export function asJsonSchema(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asJsonSchema);
  if (!isRecord(value)) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asJsonSchema(inner)]));
  if (copy.nullable !== true) return copy;
  const { nullable: _, ...schema } = copy;
  if (typeof schema.type !== 'string') return { anyOf: [schema, { type: 'null' }] };
  const withNull = { ...schema, type: [schema.type, 'null'] };
  return Array.isArray(schema.enum) ? { ...withNull, enum: [...schema.enum, null] } : withNull;
}
