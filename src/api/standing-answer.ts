import { ApiProperty } from '@nestjs/swagger';
import { STREAM_STATES, type StreamState } from '../services/api';

/** How a stream stands, in every answer about one. */
export class StandingAnswer {
  @ApiProperty({
    type: 'string',
    enum: [...STREAM_STATES, null],
    nullable: true,
    example: 'live',
    description:
      'How the stream stands with the exchange. pending: not answered yet; refused: it will not serve it; unavailable: it did, and ' +
      'does no more; null where the process that answers does not listen to it',
  })
  readonly state!: StreamState | null;

  @ApiProperty({ type: 'string', nullable: true, example: null, description: "The exchange's words, when there are any" })
  readonly state_reason!: string | null;
}
