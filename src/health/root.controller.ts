import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Controller, Get, Header, HttpCode, NotFoundException } from '@nestjs/common';
import { httpErrorBody, type HttpErrorBody } from './http-error';
import { PACKAGE_FOLDER, readPackageFile } from './package-file';

/** Says what this is and where things are. */
@Controller()
export class RootController {
  private readonly about = {
    ...readPackageFile(),
    websocket: '/ws',
    health: '/health',
    ready: '/ready',
    docs: '/docs/protocol.md',
    api: '/docs',
  };

  @Get()
  root(): RootController['about'] {
    return this.about;
  }

  @Get('docs/protocol.md')
  @Header('Content-Type', 'text/markdown; charset=utf-8')
  async protocol(): Promise<string> {
    try {
      return await readFile(resolve(PACKAGE_FOLDER, 'docs', 'protocol.md'), 'utf8');
    } catch (cause) {
      throw new NotFoundException(undefined, { cause });
    }
  }

  /** Somebody opened the WebSocket address with a plain request. */
  @Get('ws')
  @HttpCode(426)
  @Header('Upgrade', 'websocket')
  webSocket(): HttpErrorBody {
    return httpErrorBody(426);
  }
}
