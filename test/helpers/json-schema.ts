/** The few words of JSON schema that speedscope's `file-format-schema.json` uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: 'object' | 'array' | 'string' | 'number';
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

/** What is wrong with `value`, each with its place; nothing when it fits the schema. */
export function violations(value: unknown, schema: Schema, root: Schema = schema, at = '$'): string[] {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace('#/definitions/', '');
    const target = root.definitions?.[name];
    return target === undefined ? [`${at}: the schema lacks ${name}`] : violations(value, target, root, at);
  }
  if (schema.anyOf?.every((option) => violations(value, option, root, at).length > 0)) {
    return [`${at}: fits none of its alternatives`];
  }
  if ('const' in schema && value !== schema.const) {
    return [`${at}: is not ${JSON.stringify(schema.const)}`];
  }
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    return [`${at}: is none of ${schema.enum.join(', ')}`];
  }
  return ofType(value, schema, root, at);
}

function ofType(value: unknown, schema: Schema, root: Schema, at: string): string[] {
  if (schema.type === 'array') {
    return Array.isArray(value)
      ? value.flatMap((item, index) => violations(item, schema.items ?? {}, root, `${at}[${index}]`))
      : [`${at}: is not a list`];
  }
  if (schema.type === 'object') {
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? ofObject(value as Record<string, unknown>, schema, root, at)
      : [`${at}: is not an object`];
  }
  return schema.type === undefined || typeof value === schema.type ? [] : [`${at}: is not a ${schema.type}`];
}

function ofObject(value: Record<string, unknown>, schema: Schema, root: Schema, at: string): string[] {
  const missing = (schema.required ?? []).filter((name) => !(name in value));
  const properties = Object.entries(schema.properties ?? {}).filter(([name]) => name in value);
  return [
    ...missing.map((name) => `${at}: lacks ${name}`),
    ...properties.flatMap(([name, property]) => violations(value[name], property, root, `${at}.${name}`)),
  ];
}
