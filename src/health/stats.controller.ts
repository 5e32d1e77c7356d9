import { Controller, Get, Header } from '@nestjs/common';
import { Stats } from './stats';

@Controller('stats')
export class StatsController {
  constructor(private readonly stats: Stats) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  read(): ReturnType<Stats['read']> {
    return this.stats.read();
  }
}
