import { connect } from 'amqplib';
import { EXCHANGE, queueOfClass, queueOfService } from '../../src/amqp/queue-names';
import { EVENT_TYPES } from '../../src/streams/event-type';
import { PostgresServer, statement } from './servers/postgres';
import { RabbitServer } from './servers/rabbitmq';

/** A PostgreSQL and a RabbitMQ for all tests of a file, of which one after the other may do to them what it likes. */
export class ServiceServers {
  /** Services that have subscribed since they were emptied: they have queues. */
  readonly services = new Set<string>();

  private constructor(
    readonly postgres: PostgresServer,
    readonly rabbit: RabbitServer,
  ) {}

  static async start(): Promise<ServiceServers> {
    return new ServiceServers(...(await Promise.all([PostgresServer.start(), RabbitServer.start()])));
  }

  /** Both run, and nothing is left of what gateways have put into them, which must have ended. */
  async empty(): Promise<void> {
    await Promise.all([this.postgres.process.revive(), this.rabbit.process.revive()]);
    await this.deleteQueues();
    await statement(this.postgres.url, 'drop schema public cascade; create schema public');
  }

  async stop(): Promise<void> {
    await Promise.all([this.postgres.stop(), this.rabbit.stop()]);
  }

  private async deleteQueues(): Promise<void> {
    const model = await connect(this.rabbit.url);
    const channel = await model.createChannel();
    await channel.deleteExchange(EXCHANGE);
    for (const type of EVENT_TYPES) {
      const ofServices = [...this.services].map((service) => queueOfService(EXCHANGE, service, type));
      for (const { queue } of [queueOfClass(EXCHANGE, type), ...ofServices]) await channel.deleteQueue(queue);
    }
    this.services.clear();
    await model.close();
  }
}
