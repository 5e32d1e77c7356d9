import { Controller, Get, Query, UseGuards, UsePipes } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ServicesApi, type StreamsView, type SymbolsView } from '../services/api';
import { Fails } from './failures';
import { Instruments, LiveStreams } from './market-answers';
import { SymbolFilter } from './market-requests';
import { NoQuery } from './nothing-taken';
import { PassedGuard } from './passed-guard';
import { refusalOf, RequestPipe } from './request-pipe';

/** What can be asked for, and what flows. */
@ApiTags('markets')
@UseGuards(PassedGuard)
@UsePipes(RequestPipe)
@Controller('api/v1')
export class MarketsController {
  constructor(private readonly services: ServicesApi) {}

  @Get('symbols')
  @ApiOperation({ operationId: 'listSymbols', summary: 'Instruments that can be subscribed to' })
  @ApiOkResponse({ type: Instruments, description: 'All that match' })
  @Fails(refusalOf('query', { market: 'linear' }, SymbolFilter))
  symbols(@Query() filter: SymbolFilter): Promise<SymbolsView> {
    return this.services.symbols(filter);
  }

  @Get('streams')
  @UseGuards(NoQuery)
  @ApiOperation({ operationId: 'listStreams', summary: 'Streams that somebody listens to now' })
  @ApiOkResponse({ type: LiveStreams, description: 'All of them' })
  @Fails(refusalOf('query', { market: 'futures' }))
  streams(): Promise<StreamsView> {
    return this.services.streams();
  }
}
