import { unknownVariables } from './unknown-variables';
import { VARIABLES } from './variable';

test.each([
  ['BYBIT_PING_INTERVL', 'BYBIT_PING_INTERVAL'],
  ['CLIENT_QUEUE_SIZE', 'CLIENT_QUEUE_BYTES'],
  ['MAX_CLIENTS', 'MAX_CLIENTS_TOTAL'],
  ['BYBIT_ACCOUNT_NAME_OF_MINE', undefined],
  ['METRIC_PORT', 'METRICS_PORT'],
  ['LOGLEVEL', 'LOG_LEVEL'],
  ['PORTS', 'PORT'],
  ['HISTROY_SIZE', 'HISTORY_SIZE'],
])('%s is not ours and looks like %s', (variable, nearest) => {
  expect(unknownVariables({ [variable]: 'x' })).toEqual([{ variable, nearest }]);
});

test('our own variables, and those that are meant for others, are passed over', () => {
  const others =
    'HOME PATH PWD HOSTNAME USER LANG SHELL TERM EDITOR NODE_ENV NODE_OPTIONS LOGNAME REDIS_PORT TMPDIR DISPLAY CI'.split(' ');
  const names = [...VARIABLES.map(({ name }) => name), ...others];
  expect(unknownVariables(Object.fromEntries(names.map((name) => [name, 'x'])))).toEqual([]);
});
