import {
  commandResponse,
  privatePong,
  privateReply,
  publicAck,
  publicPong,
  publicRefusal,
  tradePong,
  tradeReply,
} from './control-frames';

const connId = 'da7tobm15sdsqbrhtj90-2e8nw';
const nameless = { connId, reqId: undefined };
const named = { connId, reqId: 'r1' };

// Literals: frames recorded from the exchange, word for word but for ids.
describe('control frames', () => {
  it.each([
    [
      'linear ack',
      publicAck('linear', 'subscribe', nameless),
      `{"success":true,"ret_msg":"","conn_id":"${connId}","req_id":"","op":"subscribe"}`,
    ],
    [
      'linear ack with id',
      publicAck('linear', 'subscribe', named),
      `{"success":true,"ret_msg":"","conn_id":"${connId}","req_id":"r1","op":"subscribe"}`,
    ],
    [
      'inverse unsubscribe',
      publicAck('inverse', 'unsubscribe', named),
      `{"success":true,"ret_msg":"","conn_id":"${connId}","req_id":"r1","op":"unsubscribe"}`,
    ],
    [
      'spot ack',
      publicAck('spot', 'subscribe', nameless),
      `{"success":true,"ret_msg":"subscribe","conn_id":"${connId}","op":"subscribe"}`,
    ],
    [
      'spot ack with id',
      publicAck('spot', 'subscribe', named),
      `{"success":true,"ret_msg":"subscribe","conn_id":"${connId}","req_id":"r1","op":"subscribe"}`,
    ],
    [
      'spot unsubscribe',
      publicAck('spot', 'unsubscribe', named),
      `{"success":true,"ret_msg":"unsubscribe","conn_id":"${connId}","req_id":"r1","op":"unsubscribe"}`,
    ],
    [
      'option ack',
      commandResponse(connId, ['a'], ['b']),
      `{"success":true,"conn_id":"${connId}","data":{"successTopics":["a"],"failTopics":["b"]},"type":"COMMAND_RESP"}`,
    ],
    [
      'linear pong',
      publicPong('linear', nameless, 0),
      `{"success":true,"ret_msg":"pong","conn_id":"${connId}","req_id":"","op":"ping"}`,
    ],
    [
      'linear pong with id',
      publicPong('linear', named, 0),
      `{"success":true,"ret_msg":"pong","conn_id":"${connId}","req_id":"r1","op":"ping"}`,
    ],
    ['spot pong', publicPong('spot', nameless, 0), `{"success":true,"ret_msg":"pong","conn_id":"${connId}","op":"ping"}`],
    [
      'spot pong with id',
      publicPong('spot', named, 0),
      `{"success":true,"ret_msg":"pong","conn_id":"${connId}","req_id":"r1","op":"ping"}`,
    ],
    ['option pong', publicPong('option', named, 1791136071311), `{"args":["1791136071311"],"op":"pong"}`],
    [
      'linear unknown topic',
      publicRefusal('linear', 'subscribe', 'error:handler not found,topic:liquidations:BTCUSDT', nameless),
      `{"success":false,"ret_msg":"error:handler not found,topic:liquidations:BTCUSDT","conn_id":"${connId}","req_id":"","op":"subscribe"}`,
    ],
    [
      'spot unknown symbol, id not echoed',
      publicRefusal('spot', 'subscribe', 'Invalid symbol :[orderbook.50.NOSUCHSYM]', named),
      `{"success":false,"ret_msg":"Invalid symbol :[orderbook.50.NOSUCHSYM]","conn_id":"${connId}","op":"subscribe"}`,
    ],
    ['private auth', privateReply(true, '', 'auth', nameless), `{"success":true,"ret_msg":"","op":"auth","conn_id":"${connId}"}`],
    [
      'private auth with id',
      privateReply(true, '', 'auth', named),
      `{"req_id":"r1","success":true,"ret_msg":"","op":"auth","conn_id":"${connId}"}`,
    ],
    [
      'private subscribe',
      privateReply(true, '', 'subscribe', named),
      `{"req_id":"r1","success":true,"ret_msg":"","op":"subscribe","conn_id":"${connId}"}`,
    ],
    [
      'private refused auth',
      privateReply(false, 'Params Error', 'auth', nameless),
      `{"success":false,"ret_msg":"Params Error","op":"auth","conn_id":"${connId}"}`,
    ],
    ['private pong', privatePong(nameless, 1753340040127), `{"op":"pong","args":["1753340040127"],"conn_id":"${connId}"}`],
    [
      'private pong with id',
      privatePong({ connId, reqId: '2' }, 1757405570352),
      `{"req_id":"2","op":"pong","args":["1757405570352"],"conn_id":"${connId}"}`,
    ],
    ['trade auth', tradeReply(0, 'OK', 'auth', nameless), `{"retCode":0,"retMsg":"OK","op":"auth","connId":"${connId}"}`],
    [
      'trade bad sign',
      tradeReply(10004, 'Invalid sign', 'auth', nameless),
      `{"retCode":10004,"retMsg":"Invalid sign","op":"auth","connId":"${connId}"}`,
    ],
    [
      'trade pong',
      tradePong(nameless, 1711002002529),
      `{"retCode":0,"retMsg":"OK","op":"pong","data":["1711002002529"],"connId":"${connId}"}`,
    ],
  ])('writes %s as recorded', (_, written, recorded) => expect(written).toBe(recorded));
});
