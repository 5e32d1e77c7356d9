import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import type { PageQuery } from '../services/api';
import { numberIn } from './query-text';
import { Required, wholeNumber } from './rule';

const MAX_LIMIT = 500;
const DEFAULT_LIMIT = 50;

/** Which part of a list is asked for. */
export class Page implements PageQuery {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: MAX_LIMIT,
    default: DEFAULT_LIMIT,
    description: 'How many at most',
  })
  @Transform(numberIn)
  @Required(wholeNumber(1, MAX_LIMIT))
  readonly limit: number = DEFAULT_LIMIT;

  @ApiPropertyOptional({ type: 'integer', minimum: 0, default: 0, description: 'How many of the first ones are left out' })
  @Transform(numberIn)
  @Required(wholeNumber(0, Number.MAX_SAFE_INTEGER))
  readonly offset: number = 0;
}
