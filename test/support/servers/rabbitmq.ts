import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { programFor } from './program';
import { ServerProcess, type Place, type ServerKind } from './server-process';

const run = promisify(execFile);

/** What Debian has in PATH is a wrapper that changes the user and cannot be killed with the server. */
const DIRECTORIES = ['/usr/lib/rabbitmq/bin'];

/** Erlang nodes of one machine find each other through it. One of our own ends with us; the one that RabbitMQ would start does not. */
const EPMD: ServerKind = {
  program: 'epmd',
  debianPackage: 'erlang-base',
  image: 'rabbitmq:3.10',
  ports: 1,
  args: ({ ports: [port], bind }) => ['-d', '-port', String(port), '-address', bind],
  ready: /epmd running/,
};

function rabbitmq(epmdPort: number): ServerKind {
  return {
    program: 'rabbitmq-server',
    directories: DIRECTORIES,
    debianPackage: 'rabbitmq-server',
    image: 'rabbitmq:3.10',
    ports: 2,
    args: () => [],
    env: (place) => ({ ...nodeOf(place, epmdPort), ...serverAt(place) }),
    ready: /Server startup complete/,
  };
}

/** What the server and its tools must agree about. */
function nodeOf({ ports: [port], directory }: Pick<Place, 'ports' | 'directory'>, epmdPort: number): Record<string, string> {
  return {
    // The secret that lets them in lies in the home directory.
    HOME: directory,
    RABBITMQ_NODENAME: `tapecast-${port}@localhost`,
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
  };
}

function serverAt({ ports: [port, distributionPort], bind, directory }: Place): Record<string, string> {
  return {
    // The script turns into the server instead of waiting for it: signals reach it.
    RUNNING_UNDER_SYSTEMD: 'true',
    RABBITMQ_NODE_IP_ADDRESS: bind,
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_MNESIA_BASE: join(directory, 'mnesia'),
    RABBITMQ_PID_FILE: join(directory, 'pid'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, 'plugins'),
    RABBITMQ_CONFIG_FILE: join(directory, 'rabbitmq.conf'),
    RABBITMQ_LOG_BASE: directory,
    RABBITMQ_LOGS: '-',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}',
  };
}

/** A RabbitMQ that nobody else uses and that may be killed. It keeps durable queues over a restart. */
export class RabbitServer {
  private constructor(
    private readonly epmd: ServerProcess,
    readonly process: ServerProcess,
  ) {}

  static async start(): Promise<RabbitServer> {
    // First what brings the other with it, where it has to be installed.
    await programFor(rabbitmq(0));
    const epmd = await ServerProcess.start(EPMD);
    try {
      return new RabbitServer(epmd, await ServerProcess.start(rabbitmq(epmd.port)));
    } catch (error) {
      await epmd.stop();
      throw error;
    }
  }

  get url(): string {
    return `amqp://guest:guest@127.0.0.1:${this.process.port}`;
  }

  /** Asks the server something with its own tool: `control('set_vm_memory_high_watermark', '0')`. @returns what that says */
  async control(...words: readonly string[]): Promise<string> {
    const tool = await programFor({ ...rabbitmq(0), program: 'rabbitmqctl' });
    if (!tool.local) throw new Error('rabbitmqctl does not reach a server in a container: install rabbitmq-server');
    const { ports, directory } = this.process;
    const env = { ...process.env, ...nodeOf({ ports, directory }, this.epmd.port) };
    const { stdout } = await run(tool.path, ['--quiet', ...words], { env });
    return stdout;
  }

  async stop(): Promise<void> {
    await this.process.stop();
    await this.epmd.stop();
  }
}

/** A RabbitMQ to be used with care: it may be somebody's. All names begin with `prefix`, and nothing else is touched. */
export interface SharedRabbit {
  readonly url: string;
  readonly prefix: string;
  stop(): Promise<void>;
}

/** The RabbitMQ at `AMQP_URL` when that is set, else one of our own. */
export async function sharedRabbit(): Promise<SharedRabbit> {
  const prefix = `tapecast-test-${randomUUID()}`;
  const url = process.env['AMQP_URL'] ?? '';
  if (url !== '') return { url, prefix, stop: () => Promise.resolve() };
  const server = await RabbitServer.start();
  return { url: server.url, prefix, stop: () => server.stop() };
}
