/** Passes the feed on to Redis, a channel per stream: PUBLISH in Redis's own protocol, answers not waited for. */
import { connect } from 'node:net';
import { listenToFeed } from './final-feed';

const redis = connect({ port: Number(process.env['REDIS_PORT']), host: '127.0.0.1', noDelay: true }, () => {
  listenToFeed((arg, text) => {
    const bulk = (word: string) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`;
    redis.write(`*3\r\n${bulk('PUBLISH')}${bulk(arg)}${bulk(text)}`);
  });
  console.log(JSON.stringify({ port: 0 }));
});
redis.resume();
redis.on('error', () => process.exit(1));
