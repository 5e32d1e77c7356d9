/** Peer: a NestJS gateway as tutorials write it: the stock adapter, and JSON.stringify for every client. */
import 'reflect-metadata';
import type { Server } from 'node:http';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway, type OnGatewayDisconnect } from '@nestjs/websockets';
import type { WebSocket } from 'ws';
import { listenToFeed, Rooms, tellPort } from './final-feed';

@WebSocketGateway({ path: '/ws' })
class NaiveGateway implements OnGatewayDisconnect {
  private readonly rooms = new Rooms<WebSocket>();

  @SubscribeMessage('subscribe')
  subscribe(@ConnectedSocket() client: WebSocket, @MessageBody() { args }: { args: string[] }): void {
    this.rooms.join(args, client);
    client.send(JSON.stringify({ op: 'subscribe', success: true }));
  }

  handleDisconnect(client: WebSocket): void {
    this.rooms.leave(client);
  }

  publish(arg: string, message: unknown): void {
    for (const client of this.rooms.of(arg)) client.send(JSON.stringify(message));
  }
}

@Module({ providers: [NaiveGateway] })
class NaiveModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(NaiveModule, { logger: ['error'] });
  const messageParser = (data: unknown) => {
    const { op, ...content } = JSON.parse(String(data)) as { op: string };
    return { event: op, data: content };
  };
  app.useWebSocketAdapter(new WsAdapter(app, { messageParser }));
  await app.listen(0, '127.0.0.1');
  const gateway = app.get(NaiveGateway);
  listenToFeed((arg, text) => gateway.publish(arg, JSON.parse(text)));
  tellPort(app.getHttpServer() as Server);
}

void main();
