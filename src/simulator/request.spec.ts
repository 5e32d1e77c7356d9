import { decodeRequest, type Request, stringArgs } from './request';

describe('requests', () => {
  it('are read with and without their optional parts', () => {
    expect(decodeRequest('{"op":"ping"}')).toMatchObject({ op: 'ping', args: [], reqId: undefined });
    expect(decodeRequest(' {"req_id":7,"op":"subscribe","args":["a"]}')).toMatchObject({
      op: 'subscribe',
      args: ['a'],
      reqId: '7',
    });
    expect(decodeRequest('{"reqId":"x","op":"auth"}', 'reqId')).toMatchObject({ reqId: 'x' });
    expect(decodeRequest('null')).toMatchObject({ op: '' });
  });

  it.each([
    [
      'hello',
      'readObjectStart: expect { or n, but found h, error found in #1 byte of ...|hello|..., bigger context ...|hello|...',
    ],
    ['[1]', 'readObjectStart: expect { or n, but found [, error found in #1 byte of ...|[1]|..., bigger context ...|[1]|...'],
  ])('that are no object (%s) are described as the exchange does', (text, error) => {
    expect(decodeRequest(text)).toEqual({ error: `Failed to decode incoming data:${error}` });
  });

  it.each(['', '   ', '{"op":', '{"op":"subscribe","args":"x"}', 'true', '\u0000'])(
    'that cannot be read (%j) get an error text',
    (text) => {
      expect(decodeRequest(text)).toEqual({ error: expect.stringMatching(/^Failed to decode incoming data:/) as string });
    },
  );

  it('with an arg that is no text are described as recorded', () => {
    const request = decodeRequest('{"op": "subscribe", "args": [{"op": "subscribe", "args": ["trade.BTCUSD"]}]}') as Request;
    expect(stringArgs(request)).toEqual({
      error:
        'Failed to decode incoming data:op.CmdReq.Args: []string: fuzzyStringDecoder: not number or string, error found in #10 byte of ' +
        '...| "args": [{"op": "su|..., bigger context ...|{"op": "subscribe", "args": [{"op": "subscribe", "args": ["trade.BTCUSD"]}]}|...',
    });
  });

  it('find the first odd arg behind good ones', () => {
    const request = decodeRequest('{"op":"subscribe","args":["a,\\"[", 5, true]}') as Request;
    expect(stringArgs(request)).toEqual({ error: expect.stringContaining('#10 byte of ...|,\\"[", 5, true]}|...') as string });
  });

  it('may have numbers for topics, as the exchange decoder lets them', () => {
    expect(stringArgs(decodeRequest('{"op":"subscribe","args":["a",5,null]}') as Request)).toEqual(['a', '5', '']);
  });
});
