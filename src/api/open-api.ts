import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { readPackageFile } from '../health/package-file';
import { BalancesController } from './balances.controller';
import { MarketsController } from './markets.controller';
import { SubscriptionsController } from './subscriptions.controller';

export const API_CONTROLLERS = [SubscriptionsController, BalancesController, MarketsController];

const ABOUT = `Back-end services register here what they need and receive it as events from RabbitMQ.

Every call needs a key in the header \`X-API-Key\`. Every answer says in \`X-Trace-Id\` which trace it belongs to: that of a \`traceparent\` or \`X-Trace-Id\` that was sent, else a new one. Times are ISO 8601 in UTC; amounts are decimal strings, exact to 18 decimals. Whatever fails has one shape: \`{error, code, details}\`.`;

const TRACE_HEADER = {
  description: 'Names this request in the logs',
  schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' },
  example: '4bf92f3577b34da6a3ce929d0e0e4736',
};
const RETRY_HEADER = { description: 'Seconds to wait', schema: { type: 'integer' } };

/** The interface as OpenAPI 3.1. @param apiModule the module whose controllers are described */
export function openApiOf(app: INestApplication, apiModule: new () => object): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Tapecast for back-end services')
    .setDescription(ABOUT)
    .setVersion(readPackageFile().version)
    .addServer('/', 'This gateway')
    .addTag('subscriptions', 'What services receive')
    .addTag('balances', "The platform's own account at the exchange")
    .addTag('markets', 'What there is')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'Made by `npm run api-key -- NAME`' }, 'key')
    .addSecurityRequirements('key')
    .build();
  const document = SwaggerModule.createDocument(app, config, { include: [apiModule] });
  for (const path of Object.values(document.paths)) {
    for (const operation of [path.get, path.post, path.delete]) {
      for (const [status, response] of Object.entries(operation?.responses ?? {})) {
        if (!response || '$ref' in response) continue;
        response.headers = { 'X-Trace-Id': TRACE_HEADER, ...(status === '429' && { 'Retry-After': RETRY_HEADER }) };
      }
    }
  }
  return document;
}
