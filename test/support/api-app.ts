import type { AddressInfo } from 'node:net';
import { Global, Module, type INestApplication } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import type { OpenAPIObject } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import { ApiModule, prepareHttp } from '../../src/api/api.module';
import { hashOfKey } from '../../src/api/api-keys';
import { SettingsModule } from '../../src/config/config.module';
import { LOGGER, LogModule } from '../../src/config/log.module';
import { createLogger } from '../../src/config/logger';
import { Settings } from '../../src/config/settings';
import { Admission } from '../../src/gateway/admission';
import { GatewayModule } from '../../src/gateway/gateway.module';
import { HttpErrorFilter } from '../../src/health/http-error-filter';
import { ServicesApi } from '../../src/services/api';
import { OpenApiCheck } from './open-api-check';

export const KEY = 'key-of-the-risk-engine';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export interface Call {
  readonly headers?: Record<string, string>;
  /** Sent as JSON unless it is a string. */
  readonly body?: unknown;
}

/** The REST interface alone, over HTTP, with use cases that the test scripts. */
export class ApiApp {
  readonly log: Record<string, unknown>[] = [];
  private app: INestApplication | undefined;
  private check_: OpenApiCheck | undefined;

  static async start(services: ServicesApi, overrides: Partial<Settings> = {}): Promise<ApiApp> {
    const started = new ApiApp();
    await started.start(services, overrides);
    return started;
  }

  get base(): string {
    return `http://127.0.0.1:${((this.app as INestApplication).getHttpServer() as { address(): AddressInfo }).address().port}`;
  }

  get check(): OpenApiCheck {
    return this.check_ as OpenApiCheck;
  }

  /** A call with the right key, unless the headers say otherwise. */
  async call(method: string, path: string, { headers = {}, body }: Call = {}): Promise<Answer> {
    const answer = await fetch(`${this.base}${path}`, {
      method,
      headers: {
        'X-API-Key': KEY,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
  }

  async stop(): Promise<void> {
    await this.app?.close();
  }

  private async start(services: ServicesApi, overrides: Partial<Settings>): Promise<void> {
    @Global()
    @Module({ providers: [{ provide: ServicesApi, useValue: services }], exports: [ServicesApi] })
    class ServicesStub {}

    @Module({
      providers: [
        {
          provide: Admission,
          useValue: { addressOf: (request: { headers: Record<string, string> }) => request.headers['x-test-address'] ?? '' },
        },
        { provide: APP_FILTER, useClass: HttpErrorFilter },
      ],
      exports: [Admission],
    })
    class GatewayStub {}

    const settings = Object.assign(
      new Settings(),
      { apiKeys: [`risk-engine:${hashOfKey(KEY)}`, `desk:${hashOfKey('desk')}`] },
      overrides,
    );
    const output = { write: (line: string) => void this.log.push(JSON.parse(line) as Record<string, unknown>) };
    const module = await Test.createTestingModule({ imports: [SettingsModule.of(settings), LogModule, ServicesStub, ApiModule] })
      .overrideModule(GatewayModule)
      .useModule(GatewayStub)
      .overrideProvider(LOGGER)
      .useValue(createLogger({ debug: true, logLevel: 'debug', logJson: true, environment: 'test' }, output))
      .compile();
    const app = module.createNestApplication({ logger: false, forceCloseConnections: true });
    prepareHttp(app);
    await app.listen(0, '127.0.0.1');
    this.app = app;
    const document = await fetch(`${this.base}/docs-json`);
    this.check_ = new OpenApiCheck((await document.json()) as OpenAPIObject);
  }
}
