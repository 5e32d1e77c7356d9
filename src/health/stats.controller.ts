import { Controller, Get, Header } from '@nestjs/common';
import { Pages } from './pages';
import type { StatsReading } from './stats';

@Controller('stats')
export class StatsController {
  constructor(private readonly pages: Pages) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  read(): Promise<StatsReading> {
    return this.pages.stats();
  }
}
