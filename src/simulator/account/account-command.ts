import { category, ControlError, type Fields, number, readFields, text } from '../command-fields';
import { RestError } from '../rest-answer';
import type { Account } from './account';
import type { AccountActivity } from './account-activity';
import type { PositionIdx } from './position';

type Command = (account: Account, fields: Fields, activity: AccountActivity) => unknown;

const COMMANDS: Readonly<Record<string, Command>> = {
  order: (account, fields) => account.create(fields),
  amend: (account, fields) => account.amend(fields),
  cancel: (account, fields) => account.cancel(fields),
  cancelAll: (account, fields) => account.cancelAll(fields),
  mode: (account, fields) => account.switchMode(fields),
  fill: (account, fields) => account.fill(text(fields, 'orderId'), maybe(fields, 'qty')),
  cancelTooLate: (account, fields) => account.cancelTooLate(text(fields, 'orderId')),
  transfer: (account, fields) => account.transfer(text(fields, 'coin'), text(fields, 'amount')),
  borrow: (account, fields) => account.borrow(text(fields, 'coin'), text(fields, 'amount')),
  interest: (account, fields) => account.interest(text(fields, 'coin'), text(fields, 'amount')),
  funding: (account, fields) => account.funding(category(fields), text(fields, 'symbol'), maybe(fields, 'rate')),
  liquidate: (account, fields) => account.liquidate(category(fields), text(fields, 'symbol'), positionIdx(fields)),
  activity: (_, fields, activity) => activity.setRate(number(fields, 'rate')),
};

/**
 * Runs `{"do":"transfer", …}`, with `"silent":true` without a push, and returns what came of it: `{name, result}`. Throws a
 * {@link ControlError} for what is wrong or what the exchange refuses.
 */
export function runAccountCommand(account: Account, activity: AccountActivity, body: string): { name: string; result: unknown } {
  const fields = readFields(body, '{"do":"transfer","coin":"USDT","amount":"100"}');
  const name = text(fields, 'do');
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new ControlError(`there is no command "${name}"; there are ${Object.keys(COMMANDS).join(', ')}`);
  const run = (): unknown => command(account, fields, activity) ?? null;
  try {
    return { name, result: fields['silent'] === true ? account.quietly(run) : run() };
  } catch (error) {
    if (error instanceof RestError) throw new ControlError(`${error.retCode} ${error.message}`);
    throw error instanceof RangeError ? new ControlError(error.message) : error;
  }
}

function maybe(fields: Fields, name: string): string | undefined {
  return fields[name] === undefined ? undefined : text(fields, name);
}

function positionIdx(fields: Fields): PositionIdx {
  const value = number(fields, 'positionIdx', 0);
  if (value !== 0 && value !== 1 && value !== 2) throw new ControlError('positionIdx must be 0, 1 or 2');
  return value;
}
