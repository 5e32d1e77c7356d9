import { ArrayMaxSize, ArrayNotEmpty, IsArray, IsOptional, ValidateBy } from 'class-validator';
import type { Position } from '../../pubsub/publication';
import type { RequestId } from './protocol';

/** What any request may carry. */
export class Request {
  @IsOptional()
  @ValidateBy({
    name: 'isRequestId',
    validator: {
      validate: (value) => typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value)),
      defaultMessage: () => 'id must be a string or a number',
    },
  })
  id?: RequestId;
}

/** Each arg may cost a sentence in the reply: more of them in one request would be a cheap way to keep us busy. */
const MAX_ARGS = 1000;
const NO_LIST = 'No streams specified: args must be a list, such as ["ticker:BTCUSDT"]';

/** Names streams. What is wrong with one of them is told in the reply, not by refusing the request. */
export class StreamsRequest extends Request {
  @ArrayMaxSize(MAX_ARGS, { message: `Max ${MAX_ARGS} streams in one request. Send the others in another one.` })
  @ArrayNotEmpty({ message: 'No streams specified' })
  @IsArray({ message: ({ value }) => (value === undefined || value === null ? 'No streams specified' : NO_LIST) })
  args!: unknown[];
}

export class SubscribeRequest extends StreamsRequest {
  @IsOptional()
  @ValidateBy({
    name: 'isResume',
    validator: {
      validate: isResume,
      defaultMessage: () =>
        'resume must map stream names to {"epoch": string, "seq": whole number}, as in the last message received',
    },
  })
  resume?: Record<string, Position>;
}

function isResume(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length <= MAX_ARGS && Object.values(value).every(isPosition);
}

function isPosition(value: unknown): boolean {
  return isObject(value) && typeof value['epoch'] === 'string' && Number.isSafeInteger(value['seq']) && Number(value['seq']) >= 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
