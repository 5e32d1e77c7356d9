/** Passes the feed on to Centrifugo: what came in a turn goes out as one batch call of its HTTP API. */
import { Agent, request } from 'node:http';
import { listenToFeed } from './final-feed';

const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let batch: string[] = [];

function flush(): void {
  const body = `{"commands":[${batch.join(',')}],"parallel":false}`;
  batch = [];
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const port = Number(process.env['CENTRIFUGO_PORT']);
  const call = request({ agent, host: '127.0.0.1', port, path: '/api/batch', method: 'POST', headers }, (answer) =>
    answer.resume(),
  );
  call.on('error', () => process.exit(1));
  call.end(body);
}

listenToFeed((arg, text) => {
  if (batch.push(`{"publish":{"channel":"${arg.slice('ticker:'.length)}","data":${text}}}`) === 1) setImmediate(flush);
});
console.log(JSON.stringify({ port: 0 }));
