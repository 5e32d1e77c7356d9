import { Controller, Get, Header, Res } from '@nestjs/common';
import { Readiness } from './readiness';

/** What an orchestrator asks: is it alive, and may it get clients. */
@Controller()
export class ProbesController {
  constructor(private readonly readiness: Readiness) {}

  @Get('live')
  @Header('Cache-Control', 'no-store')
  live(): { ok: true } {
    return { ok: true };
  }

  @Get('ready')
  @Header('Cache-Control', 'no-store')
  ready(@Res({ passthrough: true }) response: { status(code: number): unknown }): { ok: boolean; reason?: string } {
    const reason = this.readiness.obstacle;
    if (reason === undefined) return { ok: true };
    response.status(503);
    return { ok: false, reason };
  }
}
