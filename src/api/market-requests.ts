import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import type { SymbolsQuery } from '../services/api';
import { EXCHANGE_MARKETS, type ExchangeMarket } from '../streams/stream';
import { upperCaseIn } from './query-text';
import { oneOf, Optional, text } from './rule';

/** Which instruments to list. */
export class SymbolFilter implements SymbolsQuery {
  @ApiPropertyOptional({ enum: EXCHANGE_MARKETS, description: 'Only those of this market' })
  @Optional(oneOf(EXCHANGE_MARKETS))
  readonly market?: ExchangeMarket;

  @ApiPropertyOptional({ type: 'string', maxLength: 48, description: 'Part of the symbol, in any case', example: 'BTC' })
  @Transform(upperCaseIn)
  @Optional(text(/^[A-Z0-9-]{1,48}$/, 'part of a symbol: letters, digits and -'))
  readonly query?: string;
}
