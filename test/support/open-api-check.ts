import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import type { OpenAPIObject } from '@nestjs/swagger';

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly schema?: { readonly example?: string | number };
  }[];
  readonly requestBody?: {
    readonly content: { readonly 'application/json': { readonly examples?: Record<string, { value: unknown }> } };
  };
  readonly responses: Readonly<
    Record<
      string,
      {
        readonly headers?: Readonly<Record<string, unknown>>;
        readonly content?: {
          readonly 'application/json'?: { readonly schema?: object; readonly examples?: Record<string, { value: unknown }> };
        };
      }
    >
  >;
}

export interface DocumentedCall {
  readonly id: string;
  readonly method: string;
  /** With `{id}` where a value stands. */
  readonly template: string;
  readonly operation: Operation;
}

const METHODS = ['get', 'post', 'delete', 'put', 'patch'];
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Holds answers to an OpenAPI document: a status that it lacks, and a field that it does not name, are mistakes. */
export class OpenApiCheck {
  readonly calls: readonly DocumentedCall[];
  private readonly validators = new Map<string, ValidateFunction>();
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });

  constructor(readonly document: OpenAPIObject) {
    this.ajv.addFormat('uuid', UUID).addFormat('date-time', UTC);
    this.ajv.addSchema({ $id: 'document', ...(closed(document) as object) });
    this.calls = Object.entries(document.paths).flatMap(([template, item]) =>
      Object.entries(item as Record<string, Operation>)
        .filter(([method]) => METHODS.includes(method))
        .map(([method, operation]) => ({ id: operation.operationId, method: method.toUpperCase(), template, operation })),
    );
  }

  /** What the document says about a path; a literal template goes before one with values. */
  callFor(method: string, path: string): DocumentedCall | undefined {
    const fits = ({ template }: DocumentedCall) => new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(path);
    const found = this.calls.filter((call) => call.method === method && fits(call));
    return found.sort((one, other) => one.template.split('{').length - other.template.split('{').length)[0];
  }

  /** What is wrong with an answer; empty when nothing is. */
  mistakes({ method, template, operation }: DocumentedCall, status: number, body: unknown): string[] {
    const response = operation.responses[String(status)];
    if (!response?.content?.['application/json']?.schema) return [`${operation.operationId} has no documented answer ${status}`];
    const content = ['responses', String(status), 'content', 'application/json', 'schema'];
    return this.mistakesAt(['paths', template, method.toLowerCase(), ...content], body);
  }

  /** What is wrong with a value. @param at where its schema stands in the document */
  mistakesAt(at: readonly string[], value: unknown): string[] {
    const pointer = `document#/${at.map((part) => encodeURIComponent(part.replace(/~/g, '~0').replace(/\//g, '~1'))).join('/')}`;
    let validate = this.validators.get(pointer);
    if (!validate) {
      validate = this.ajv.compile({ $ref: pointer });
      this.validators.set(pointer, validate);
    }
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      (error) => `${error.instancePath || '/'} ${error.message ?? ''} ${JSON.stringify(error.params)}`,
    );
  }
}

/** The same, where no object may have properties that are not named. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, key === 'example' ? value : closed(value)]));
  return 'properties' in copy && copy['type'] === 'object' ? { ...copy, additionalProperties: false } : copy;
}
