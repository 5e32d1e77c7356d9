import { CATEGORIES, isCategory } from './categories';
import { category, ControlError, type Fields, number, readFields, text } from './command-fields';
import type { Endpoint } from './connection';
import type { FaultScope, Faults, RestFault } from './faults';

type Command = (faults: Faults, fields: Fields) => unknown;

const REST_FAULTS: readonly RestFault[] = [403, 429, 500, 502, 'timeout'];

const COMMANDS: Readonly<Record<string, Command>> = {
  drop: (faults, fields) => faults.drop(scope(fields)),
  close: (faults, fields) => faults.close(scope(fields), number(fields, 'code', 1000), text(fields, 'reason', '')),
  refuseUpgrades: (faults, fields) =>
    faults.refuseUpgrades(number(fields, 'status', 502), number(fields, 'times', Infinity), endpoint(fields)),
  allowUpgrades: (faults) => faults.allowUpgrades(),
  silence: (faults, fields) => faults.silence(scope(fields)),
  mutePongs: (faults, fields) => faults.mutePongs(scope(fields)),
  halfOpen: (faults, fields) => faults.halfOpen(scope(fields)),
  delayAcks: (faults, fields) => faults.delayAcks(number(fields, 'ms'), number(fields, 'times', Infinity), endpoint(fields)),
  loseAcks: (faults, fields) => faults.loseAcks(number(fields, 'times', 1), endpoint(fields)),
  skipFrame: (faults, fields) => faults.skipFrame(category(fields), text(fields, 'topic')),
  repeatFrame: (faults, fields) => faults.repeatFrame(category(fields), text(fields, 'topic')),
  stallTopic: (faults, fields) => faults.stallTopic(category(fields), text(fields, 'topic')),
  restartBook: (faults, fields) => faults.restartBook(category(fields), text(fields, 'topic'), frameType(fields)),
  unsolicitedSnapshot: (faults, fields) => faults.unsolicitedSnapshot(category(fields), text(fields, 'topic')),
  malformedFrame: (faults, fields) => faults.malformedFrame(scope(fields), text(fields, 'topic', 'tickers.BTCUSDT')),
  wrongShapeFrame: (faults, fields) => faults.wrongShapeFrame(scope(fields), text(fields, 'topic', 'tickers.BTCUSDT')),
  unknownTopicFrame: (faults, fields) => faults.unknownTopicFrame(scope(fields), text(fields, 'topic', 'mystery.BTCUSDT')),
  oversizedFrame: (faults, fields) =>
    faults.oversizedFrame(scope(fields), number(fields, 'bytes', 16 * 1024 * 1024), text(fields, 'topic', 'tickers.BTCUSDT')),
  refuseTopic: (faults, fields) => faults.refuseTopic(category(fields), text(fields, 'topic')),
  delist: (faults, fields) => faults.delist(category(fields), text(fields, 'symbol')),
  skewClock: (faults, fields) => faults.skewClock(number(fields, 'ms')),
  restDown: (faults, fields) => faults.restDown(restFault(fields), number(fields, 'times', Infinity)),
  refuseAuth: (faults) => faults.account.refuseAuth(),
  acceptAuth: (faults) => faults.account.acceptAuth(),
  rateLimit: (faults, fields) => faults.account.rateLimit(number(fields, 'times', Infinity)),
  losePushes: (faults, fields) => faults.account.losePushes(number(fields, 'times', Infinity)),
  rejectOrder: (faults, fields) => faults.account.rejectOrder(text(fields, 'reason', 'EC_Others')),
  clear: (faults) => faults.clear(),
};

/**
 * Runs `{"fault":"drop", …}` and returns what it did: `{name, hit}`, where `hit` is the number of sockets or subscribers, or
 * null where the fault waits for something to happen. Throws a {@link ControlError} for anything else.
 */
export function runFault(faults: Faults, body: string): { name: string; hit: unknown } {
  const fields = readFields(body, '{"fault":"drop","endpoint":"linear"}');
  const name = text(fields, 'fault');
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new ControlError(`there is no fault "${name}"; there are ${Object.keys(COMMANDS).join(', ')}`);
  try {
    return { name, hit: command(faults, fields) ?? null };
  } catch (error) {
    throw error instanceof RangeError ? new ControlError(error.message) : error;
  }
}

function scope(fields: Fields): FaultScope {
  const connId = fields['connId'] === undefined ? undefined : text(fields, 'connId');
  return { endpoint: endpoint(fields), connId, lasting: fields['lasting'] === true };
}

function endpoint(fields: Fields): Endpoint | undefined {
  const value = fields['endpoint'];
  if (value === undefined) return undefined;
  if (value === 'private' || value === 'trade') return value;
  if (typeof value === 'string' && isCategory(value)) return value;
  throw new ControlError(`endpoint must be one of ${CATEGORIES.join(', ')}, private, trade`);
}

function frameType(fields: Fields): 'snapshot' | 'delta' {
  return fields['type'] === 'delta' ? 'delta' : 'snapshot';
}

function restFault(fields: Fields): RestFault {
  const how = REST_FAULTS.find((one) => one === fields['how']);
  if (how === undefined) throw new ControlError(`how must be one of ${REST_FAULTS.join(', ')}`);
  return how;
}
