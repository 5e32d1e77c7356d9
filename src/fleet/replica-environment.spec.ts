import { readSettings } from '../config/read-settings';
import { VARIABLES } from '../config/variable';
import { replicaEnvironment } from './replica-environment';

describe('replicaEnvironment', () => {
  it('knows every setting that a gateway has', () => {
    expect(Object.keys(replicaEnvironment({})).sort()).toEqual(VARIABLES.map(({ name }) => name).sort());
  });

  it('takes away every variable of ours that it does not set, and no other', () => {
    const around = { PATH: '/bin', REDIS_CLUSTER_NODES: 'a:1,b:2', WORKERS: '4', BYBIT_TESTNET: 'nonsense' };
    const env = { ...around, ...replicaEnvironment({ REDIS_URL: 'redis://127.0.0.1:1', PORT: '5' }) };
    expect(env).toMatchObject({ PATH: '/bin', REDIS_CLUSTER_NODES: '', WORKERS: '', BYBIT_TESTNET: '' });
    const plain = readSettings({ REDIS_URL: 'redis://127.0.0.1:1', PORT: '5' });
    expect(readSettings(env)).toEqual(plain);
  });
});
