import { Global, Module } from '@nestjs/common';
import { createLogger } from './logger';
import { Settings } from './settings';

/** The process's pino logger, for whoever has something to say. */
export const LOGGER = Symbol('logger');

@Global()
@Module({
  providers: [{ provide: LOGGER, inject: [Settings], useFactory: createLogger }],
  exports: [LOGGER],
})
export class LogModule {}
