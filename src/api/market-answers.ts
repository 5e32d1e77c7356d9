import { ApiProperty } from '@nestjs/swagger';
import { type StreamsView, type StreamView, type SymbolsView, type SymbolView } from '../services/api';
import { EXCHANGE_MARKETS, MARKETS, type ExchangeMarket, type Market } from '../streams/stream';
import { StandingAnswer } from './standing-answer';

class Instrument implements SymbolView {
  @ApiProperty({ example: 'BTCUSDT' })
  readonly symbol!: string;

  @ApiProperty({ enum: EXCHANGE_MARKETS, example: 'futures' })
  readonly market!: ExchangeMarket;
}

export class Instruments implements SymbolsView {
  @ApiProperty({
    type: [Instrument],
    description: 'Those known here; a list is fetched when something of its market is first asked for',
  })
  readonly symbols!: Instrument[];

  @ApiProperty({ type: 'integer', minimum: 0, example: 1 })
  readonly total!: number;
}

class LiveStream extends StandingAnswer implements StreamView {
  @ApiProperty({ example: 'mudrex.futures.ticker.BTCUSDT' })
  readonly stream!: string;

  @ApiProperty({ enum: MARKETS, example: 'futures' })
  readonly market!: Market;

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    example: 12,
    description: 'WebSocket clients and services that listen through this process',
  })
  readonly subscribers!: number;

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    nullable: true,
    example: 1042,
    description: 'Of the newest message; null before the first one',
  })
  readonly seq!: number | null;

  @ApiProperty({ type: 'string', format: 'date-time', nullable: true, example: '2026-11-21T18:31:02.417Z' })
  readonly last_update_at!: string | null;
}

export class LiveStreams implements StreamsView {
  @ApiProperty({ type: [LiveStream], description: 'Streams that somebody listens to now' })
  readonly streams!: LiveStream[];

  @ApiProperty({ type: 'integer', minimum: 0, example: 1 })
  readonly total!: number;
}
