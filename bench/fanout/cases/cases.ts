import type { Case } from './case';
import { deflate } from './deflate';
import { fair } from './fair';
import { hot } from './hot';
import { idle } from './idle';
import { mixed } from './mixed';
import { realistic } from './realistic';
import { slow } from './slow';
import { storm } from './storm';

export const CASES: readonly Case[] = [hot, mixed, realistic, fair, slow, storm, idle, deflate];
