import type { OpenAPIObject } from '@nestjs/swagger';

interface Schema {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly example?: unknown;
  readonly default?: unknown;
}

/** An example that the document shows, and what it is an example of. */
export interface Example {
  readonly value: unknown;
  /** Where its schema stands in the document. */
  readonly schema: readonly string[];
}

/** Every example and default that is written in a document, wherever it stands. */
export function* writtenExamples(node: unknown, at: readonly string[] = []): Iterable<Example> {
  if (typeof node !== 'object' || node === null) return;
  const { schema, example, examples, default: usual } = node as Record<string, unknown>;
  const of = schema === undefined ? at : [...at, 'schema'];
  for (const value of [example, usual]) if (value !== undefined) yield { value, schema: of };
  for (const each of Object.values(examples ?? {})) yield { value: (each as { value: unknown }).value, schema: of };
  for (const [key, child] of Object.entries(node)) {
    if (!['example', 'examples', 'default'].includes(key)) yield* writtenExamples(child, [...at, key]);
  }
}

/** What a schema is an example of as a whole, put together from those of its parts, as a page of documentation shows it. */
export function wholeExample(document: OpenAPIObject, schema: Schema): unknown {
  if (schema.example !== undefined) return schema.example;
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1) ?? '';
    return wholeExample(document, document.components?.schemas?.[name] ?? {});
  }
  const [part] = schema.allOf ?? schema.oneOf ?? schema.anyOf ?? [];
  if (part) return wholeExample(document, part);
  if (schema.items) return [wholeExample(document, schema.items)];
  if (!schema.properties) return schema.default;
  const values = Object.entries(schema.properties).map(([name, property]) => [name, wholeExample(document, property)] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}
