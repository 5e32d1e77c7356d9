/** How a server's clients speak. */
export interface Dialect {
  readonly path: string;
  /** What a client sends as soon as it is connected. */
  hello(streams: readonly string[]): readonly string[];
  /** A reader of the frames that come before the client is in: answers true with the last of them. */
  joining(streams: readonly string[], send: (text: string) => void): (text: string) => boolean;
  /** Tells data from other frames: the byte at this place of the payload. */
  readonly dataMark: { readonly at: number; readonly byte: number };
  /** A short frame that wants an answer to keep the connection. */
  readonly keepAlive: { readonly question: string; readonly answer: string } | undefined;
  /** Several messages share a frame, a line each. */
  readonly lines: boolean;
}

export type DialectName = 'native' | 'plain' | 'socket.io' | 'centrifugo';

function subscribe(streams: readonly string[]): string {
  return JSON.stringify({ op: 'subscribe', args: streams });
}

/** @param snapshots state streams begin with one, and the client is in when it has all */
function native(snapshots: boolean): Dialect {
  return {
    path: '/ws',
    hello: (streams) => [subscribe(streams)],
    joining: (streams) => {
      let missing = 1 + (snapshots ? streams.filter((stream) => !stream.startsWith('trade:')).length : 0);
      return (text) => {
        if (text.startsWith('{"op":"subscribe"')) {
          // The generator asks for nothing that a server may refuse.
          if (!text.includes('"rejected":null') && snapshots) throw new Error(`refused: ${text.slice(0, 300)}`);
          missing--;
        } else if (snapshots && text.includes('"type":"snapshot"')) missing--;
        return missing === 0;
      };
    },
    // {"stream" and not {"op"
    dataMark: { at: 2, byte: 's'.charCodeAt(0) },
    keepAlive: undefined,
    lines: false,
  };
}

const socketIo: Dialect = {
  path: '/socket.io/?EIO=4&transport=websocket',
  hello: () => ['40'],
  joining: (streams, send) => (text) => {
    if (text.startsWith('40')) send(`42["subscribe",${JSON.stringify(streams)}]`);
    return text.startsWith('42["subscribed"');
  },
  // 42[… is an event, 2 a ping, 3 a pong.
  dataMark: { at: 1, byte: '2'.charCodeAt(0) },
  keepAlive: { question: '2', answer: '3' },
  lines: false,
};

const centrifugo: Dialect = {
  path: '/connection/websocket',
  hello: (streams) => [
    ['{"id":1,"connect":{}}', ...streams.map((channel, i) => JSON.stringify({ id: i + 2, subscribe: { channel } }))].join('\n'),
  ],
  joining: (streams) => {
    let missing = streams.length + 1;
    return (text) => {
      for (const line of text.split('\n')) {
        if (line.includes('"error"')) throw new Error(`refused: ${line.slice(0, 300)}`);
        if (line.startsWith('{"id":')) missing--;
      }
      return missing === 0;
    };
  },
  // {"push"
  dataMark: { at: 2, byte: 'p'.charCodeAt(0) },
  keepAlive: { question: '{}', answer: '{}' },
  lines: true,
};

export const DIALECTS: Record<DialectName, Dialect> = {
  native: native(true),
  plain: native(false),
  'socket.io': socketIo,
  centrifugo,
};
