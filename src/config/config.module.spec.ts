import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SettingsModule } from './config.module';
import { Settings } from './settings';

@Injectable()
class Reader {
  constructor(readonly settings: Settings) {}
}

describe('SettingsModule', () => {
  const home = process.cwd();
  const environment = { ...process.env };
  let folder = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tapecast-settings-'));
    process.chdir(folder);
  });

  afterEach(() => {
    process.chdir(home);
    process.env = { ...environment };
    rmSync(folder, { recursive: true });
  });

  it('gives every module the settings that it was made of', async () => {
    const settings = Object.assign(new Settings(), { port: 0 });
    const testing = await Test.createTestingModule({ imports: [SettingsModule.of(settings)], providers: [Reader] }).compile();
    expect(testing.get(Reader).settings).toBe(settings);
  });

  it('reads .env, and the environment wins over it', async () => {
    writeFileSync(join(folder, '.env'), 'BRAND=file\nPORT=9100\n');
    process.env['BRAND'] = 'environment';
    const testing = await Test.createTestingModule({
      imports: [SettingsModule.of(await SettingsModule.read())],
      providers: [Reader],
    }).compile();
    expect(testing.get(Reader).settings).toMatchObject({ brand: 'environment', port: 9100 });
  });

  it('rejects with every mistake', async () => {
    process.env['PORT'] = 'eighty';
    process.env['DEBUG'] = 'maybe';
    await expect(SettingsModule.read()).rejects.toThrow(/PORT="eighty".*\n.*DEBUG="maybe"/);
  });
});
