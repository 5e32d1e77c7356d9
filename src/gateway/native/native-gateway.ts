import { UseFilters, UsePipes } from '@nestjs/common';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Settings } from '../../config/settings';
import { fullName } from '../../streams/stream';
import { Client } from '../client';
import { OutFrame } from '../out-frame';
import { Sessions } from '../sessions';
import type { AcceptedArg } from '../subscribe-outcome';
import { Subscribing } from '../subscribing';
import { echo, type ListReply, type Pong, type StreamEntry, type SubscribeReply, type UnsubscribeReply } from './protocol';
import { Request, StreamsRequest, SubscribeRequest } from './request';
import { RequestErrorFilter } from './request-error-filter';
import { RequestPipe } from './request-pipe';

/** The operations of the native protocol. Every one queues its own reply, so that replies and data keep their order. */
@WebSocketGateway({ path: '/ws' })
@UseFilters(RequestErrorFilter)
@UsePipes(RequestPipe)
export class NativeGateway {
  constructor(
    private readonly subscribing: Subscribing,
    private readonly sessions: Sessions,
    private readonly settings: Settings,
  ) {}

  @SubscribeMessage('subscribe')
  async subscribe(@ConnectedSocket() { session }: Client, @MessageBody() request: SubscribeRequest): Promise<void> {
    const { accepted, rejected, pending, release } = await this.subscribing.subscribe(session, request.args, request.resume);
    if (session.closing) return;
    const count = `Subscribed to ${accepted.length} streams`;
    const reply: SubscribeReply = {
      op: 'subscribe',
      ...echo(request.id),
      success: accepted.length > 0,
      args: accepted.map(({ arg }) => arg),
      message: rejected.length > 0 ? `${count}. ${rejected.length} rejected — see 'rejected' for details.` : count,
      rejected: rejected.length > 0 ? rejected : null,
      streams: accepted.map((entry) => this.entry(entry)),
      ...(pending.length > 0 && { pending }),
    };
    session.send(OutFrame.control(reply));
    release();
  }

  @SubscribeMessage('unsubscribe')
  unsubscribe(@ConnectedSocket() { session }: Client, @MessageBody() request: StreamsRequest): void {
    const { accepted, left, rejected } = this.subscribing.unsubscribe(session, request.args);
    const reply: UnsubscribeReply = {
      op: 'unsubscribe',
      ...echo(request.id),
      success: accepted.length > 0,
      args: accepted,
      message: `Unsubscribed from ${left} streams`,
      ...(rejected.length > 0 && { rejected }),
    };
    session.send(OutFrame.control(reply));
  }

  @SubscribeMessage('ping')
  ping(@ConnectedSocket() { session }: Client, @MessageBody() request: Request): void {
    const pong: Pong = { op: 'pong', ...echo(request.id), timestamp: this.sessions.now() };
    session.send(OutFrame.control(pong));
  }

  @SubscribeMessage('list')
  list(@ConnectedSocket() { session }: Client, @MessageBody() request: Request): void {
    const streams = this.subscribing.list(session).map((entry) => this.entry(entry));
    const reply: ListReply = { op: 'list', ...echo(request.id), streams };
    session.send(OutFrame.control(reply));
  }

  private entry({ arg, stream, position: { epoch, seq }, recovered }: AcceptedArg): StreamEntry {
    const name = fullName(this.settings.brand, { name: stream });
    return { arg, stream: name, epoch, seq, ...(recovered !== undefined && { recovered }) };
  }
}
