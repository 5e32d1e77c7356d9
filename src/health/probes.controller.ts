import { Controller, Get, Header, Res } from '@nestjs/common';
import { Pages } from './pages';

/** What an orchestrator asks: is it alive, and may it get clients. */
@Controller()
export class ProbesController {
  constructor(private readonly pages: Pages) {}

  @Get('live')
  @Header('Cache-Control', 'no-store')
  live(): { ok: true } {
    return { ok: true };
  }

  @Get('ready')
  @Header('Cache-Control', 'no-store')
  async ready(
    @Res({ passthrough: true }) response: { status(code: number): unknown },
  ): Promise<{ ok: boolean; reason?: string }> {
    const reason = await this.pages.obstacle();
    if (reason === undefined) return { ok: true };
    response.status(503);
    return { ok: false, reason };
  }
}
