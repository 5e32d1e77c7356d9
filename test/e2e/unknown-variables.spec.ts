import { GatewayProcess } from '../support/gateway-process';

it('a variable that looks like one of ours and is not is warned about by name, and its value is kept out of the log', async () => {
  const gateway = await GatewayProcess.start({
    BYBIT_REST_URL: 'http://127.0.0.1:1',
    BYBIT_PING_INTERVL: 'keep-this-secret',
    BYBIT_API_KEY_OF_MINE: 'keep-this-secret',
  });
  const [misspelt, unknown] = await Promise.all(
    ['BYBIT_PING_INTERVL', 'BYBIT_API_KEY_OF_MINE'].map((name) => gateway.logged(({ variable }) => variable === name)),
  );
  expect(misspelt).toMatchObject({ level: 'warn', nearest: 'BYBIT_PING_INTERVAL' });
  expect(unknown).toMatchObject({ level: 'warn', msg: 'this variable is none of ours and has no effect' });
  expect(await gateway.stop()).toBe(0);
  await gateway.logged(({ msg }) => msg === 'tapecast has stopped');
  expect(gateway.log.at(-1)?.msg).toBe('tapecast has stopped');
  expect(JSON.stringify(gateway.log)).not.toContain('keep-this-secret');
});
