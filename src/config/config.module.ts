import { type DynamicModule, Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { readSettings } from './read-settings';
import { Settings } from './settings';

/** Gives every module the validated {@link Settings}, injected by class. */
@Module({})
export class SettingsModule {
  /** From `.env` and the environment, which wins. Rejects with a `SettingsError` when they cannot be used. */
  static async read(): Promise<Settings> {
    let settings = new Settings();
    await ConfigModule.forRoot({
      validate(env) {
        settings = readSettings(env);
        return env;
      },
    });
    return settings;
  }

  /** From settings that were already read. */
  static of(settings: Settings): DynamicModule {
    return { module: SettingsModule, global: true, providers: [{ provide: Settings, useValue: settings }], exports: [Settings] };
  }
}
